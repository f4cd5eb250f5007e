import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { width } from '../render/format.ts';
import { csv, resultTable, tableList } from './layout.ts';

const CELL = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.double(),
  fc.constant(null),
  fc.record({ bytes: fc.nat() }),
);

describe('the rows of a query', () => {
  it('are a table with numbers to the right', () => {
    const result = {
      columns: ['stage', 'n'],
      rows: [
        ['vote', 9],
        ['filter', 10],
        [null, null],
      ],
      more: false,
    };
    expect(resultTable(result, 80)).toEqual(['stage    n', '──────  ──', 'vote     9', 'filter  10', '—        —']);
  });

  it('are shortened in the widest column, then shown one value a line', () => {
    const row = ['q-1', 'Tom has 3 apples and eats 2. How many are left?', { bytes: 12_000 }];
    expect(resultTable({ columns: ['id', 'text', 'data'], rows: [row], more: false }, 40)).toEqual(
      [
        'id   text                       data',
        '───  ──────────────────────  ───────',
        'q-1  Tom has 3 apples and …  (12 kB)',
      ].map((line) => expect.stringContaining(line.slice(0, 20)) as unknown as string),
    );
    const many = { columns: ['a', 'b', 'c', 'd'].map((name) => name.repeat(20)), rows: [[1, 2, 3, 'x']], more: false };
    expect(resultTable(many, 40)).toEqual([
      'aaaaaaaaaaaaaaaaaaaa  1',
      'bbbbbbbbbbbbbbbbbbbb  2',
      'cccccccccccccccccccc  3',
      'dddddddddddddddddddd  x',
    ]);
  });

  it('never are wider than the terminal, and never contain control characters', () => {
    const table = fc.integer({ min: 1, max: 12 }).chain((n) =>
      fc.record({
        columns: fc.array(fc.string({ maxLength: 30 }), { minLength: n, maxLength: n }),
        rows: fc.array(fc.array(CELL, { minLength: n, maxLength: n }), { maxLength: 4 }),
        more: fc.constant(false),
      }),
    );
    fc.assert(
      fc.property(table, fc.integer({ min: 60, max: 110 }), (result, columns) => {
        const lines = resultTable(result, columns);
        expect(Math.max(0, ...lines.map(width))).toBeLessThanOrEqual(columns);
        expect(lines.join('')).not.toMatch(/\p{Cc}|[\u202a-\u202e]/u);
      }),
      { numRuns: 60 },
    );
  });

  it('are CSV with quotes where they are needed', () => {
    const rows = [
      ['a,b', 1, null],
      ['say "x"\n', { bytes: 3 }, 0.5],
    ];
    expect(csv({ columns: ['t', 'n', 'z'], rows, more: false })).toBe('t,n,z\r\n"a,b",1,\r\n"say ""x""\n",3,0.5\r\n');
  });

  it('of tables are names with their columns', () => {
    expect(tableList({ columns: ['table', 'columns'], rows: [['cursor', 'one, step']], more: false }, 80)).toEqual([
      'cursor',
      '    one, step',
    ]);
  });
});
