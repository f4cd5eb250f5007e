import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { delimiterOf, parseCsv } from './csv.ts';

describe('parseCsv', () => {
  it('reads quotes, commas and line breaks inside fields, and both line ends', () => {
    expect(parseCsv('q,a\r\n"one, two","say ""hi"""\n"two\nlines",\nlast,1').records).toEqual([
      { fields: ['q', 'a'], line: 1 },
      { fields: ['one, two', 'say "hi"'], line: 2 },
      { fields: ['two\nlines', ''], line: 3 },
      { fields: ['last', '1'], line: 5 },
    ]);
  });

  it('skips a byte-order mark and blank lines, and keeps quotes inside unquoted fields', () => {
    expect(parseCsv('\ufeffq\n\n\n1\r\n5" pipe\r')).toEqual({
      records: [
        { fields: ['q'], line: 1 },
        { fields: ['1'], line: 4 },
        { fields: ['5" pipe'], line: 5 },
      ],
      openQuote: null,
    });
  });

  it('keeps the records before a quote that is never closed', () => {
    const { records, openQuote } = parseCsv('q,a\n1,2\n3,"open\n4,5\n');
    expect(records.map(({ fields }) => fields)).toEqual([
      ['q', 'a'],
      ['1', '2'],
    ]);
    expect(openQuote).toBe(3);
    expect(parseCsv('"')).toEqual({ records: [], openQuote: 1 });
  });

  it('reads back records written according to RFC 4180, with any delimiter', () => {
    const quote = (field: string): string => `"${field.replaceAll('"', '""')}"`;
    const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é', ';', '|', '\t') });
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(table, fc.constantFrom(',', ';', '|', '\t'), (records, delimiter) => {
        const text = records.map((record) => record.map(quote).join(delimiter)).join('\r\n');
        const read = parseCsv(text, delimiter);
        expect(read.records.map(({ fields }) => fields)).toEqual(records);
        expect(read.openQuote).toBeNull();
      }),
    );
  });
});

describe('delimiterOf', () => {
  it.each([
    ['a,b\n1;2;3,4\n', ','],
    ['a;b\n1,5;2\n1,5;3\n', ';'],
    ['a\tb\n1,2\t3\n', '\t'],
    ['a|b|c\n1|2|3\n', '|'],
    ['"a;b",c\n1,2\n', ','],
    ['only\none, two\n', ','],
    ['question, if any;answer\n1;2\n3;4\n', ';'],
  ])('of %j is %j', (text, delimiter) => {
    expect(delimiterOf(text)).toBe(delimiter);
  });
});
