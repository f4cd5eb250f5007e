import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csv } from './csv.ts';

const width = 3;
const cell = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('"', ',', '\r\n', 'a"b', '=1+1'), fc.double());

it('writes tables that a reader of CSV returns as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1 }), (rows) => {
      const read: string[][] = parse(csv(rows), { skip_empty_lines: false, relax_column_count: true });
      const expected = rows.map((row) => row.map(textOf));
      expect(read).toEqual(expected);
    }),
  );
});

/** The text of a cell: a formula is a text, and a number that is not finite is missing. */
function textOf(value: string | number): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  return /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
}

it('leaves no formula at the beginning of a cell', () => {
  expect(csv([['=HYPERLINK("http://a")', '-1', -1, null]])).toBe(`"'=HYPERLINK(""http://a"")",'-1,-1,\r\n`);
});
