import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv } from './csv.ts';

describe('parseCsv', () => {
  it('reads quotes, commas and line breaks inside fields, and both line ends', () => {
    expect(parseCsv('q,a\r\n"one, two","say ""hi"""\n"two\nlines",\n').records).toEqual([
      ['q', 'a'],
      ['one, two', 'say "hi"'],
      ['two\nlines', ''],
    ]);
  });

  it('skips a byte-order mark and blank lines, and keeps quotes inside unquoted fields', () => {
    expect(parseCsv('\ufeffq\n\n\n1\r\n5" pipe\r')).toEqual({ records: [['q'], ['1'], ['5" pipe']], openQuote: false });
  });

  it('keeps the records before a quote that is never closed', () => {
    expect(parseCsv('q,a\n1,2\n3,"open\n4,5\n')).toEqual({
      records: [
        ['q', 'a'],
        ['1', '2'],
      ],
      openQuote: true,
    });
    expect(parseCsv('"')).toEqual({ records: [], openQuote: true });
  });

  it('reads back records written according to RFC 4180', () => {
    const quote = (field: string): string => `"${field.replaceAll('"', '""')}"`;
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é') });
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 }), (records) => {
        const text = records.map((record) => record.map(quote).join(',')).join('\r\n');
        expect(parseCsv(text)).toEqual({ records, openQuote: false });
      }),
    );
  });
});
