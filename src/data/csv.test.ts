import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv } from './csv.ts';

describe('parseCsv', () => {
  it('reads quotes, commas and line breaks inside fields, and both line ends', () => {
    expect(parseCsv('q,a\r\n"one, two","say ""hi"""\n"two\nlines",\n')).toEqual([
      ['q', 'a'],
      ['one, two', 'say "hi"'],
      ['two\nlines', ''],
    ]);
  });

  it('takes off a byte-order mark, skips blank lines and keeps an unfinished quote', () => {
    expect(parseCsv('\ufeffq\n\n\n1\n"open')).toEqual([['q'], ['1'], ['open']]);
  });

  it('gives back what RFC 4180 wrote', () => {
    const quote = (field: string): string => `"${field.replaceAll('"', '""')}"`;
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') });
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 }), (records) => {
        const text = records.map((record) => record.map(quote).join(',')).join('\r\n');
        expect(parseCsv(text)).toEqual(records);
      }),
    );
  });
});
