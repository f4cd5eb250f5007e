/** Checks FIDELITY.md: the tests of every row exist, and every option that it names exists. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../src/config/load.ts';
import { configSchema } from '../src/config/schema.ts';
import { valueAt } from '../src/config/tables.ts';

const ROOT = resolve(fileURLToPath(import.meta.url), '../..');
const text = readFileSync(join(ROOT, 'FIDELITY.md'), 'utf8');

interface Row {
  name: string;
  option: string;
  test: string;
}

/** Rows of the comparison tables: six cells, the last one with tests. An escaped bar does not end a cell. */
const rows: Row[] = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| |'))
  .map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  .filter((cells) => cells.length === 6)
  .map(([name, , , , option, test]) => ({ name, option, test }));

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
}

/** Settings in an option cell, with their value if there is one. */
const named = rows.flatMap(({ name, option }) =>
  quoted(option)
    .filter((code) => /^([a-z]+(\.[a-zA-Z]+)?(=.*)?|[a-zA-Z]+=.*)$/.test(code))
    .map((assignment) => ({ name, assignment })),
);

describe('FIDELITY.md', () => {
  it('has rows, including the fifteen differences', () => {
    expect(rows.length).toBeGreaterThan(40);
    const numbers = rows.flatMap(({ name }) => [...name.matchAll(/\((\d+)\)/g)].map((match) => Number(match[1])));
    expect([...new Set(numbers)].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
  });

  it.each(rows)('$name: its tests exist', ({ test }) => {
    const files = quoted(test);
    expect(files).not.toEqual([]);
    const missing = files.filter((file) => !existsSync(join(ROOT, file.startsWith('test/') ? '' : 'src', file)));
    expect(missing).toEqual([]);
  });

  it.each(named)('$name: $assignment is a setting', ({ assignment }) => {
    const [key, ...value] = assignment.split('=');
    expect(valueAt({ ...configSchema.parse({}) }, key.split('.'))).toBeDefined();
    // A kept step must be one of the steps, so both are set together, as in the row.
    const steps = key.endsWith('keepStep') ? [`${key.split('.')[0]}.steps=20`] : [];
    const dual = key.endsWith('loss') ? [`${key.split('.')[0]}.dualClip=0`] : [];
    if (value.length > 0) expect(() => resolveConfig({ set: [...steps, ...dual, assignment] })).not.toThrow();
  });

  it('has a numbered test for each of the fifteen differences', () => {
    const tests = readFileSync(join(ROOT, 'test/differences.test.ts'), 'utf8');
    const numbers = [...tests.matchAll(/^describe\('(\d+):/gm)].map((match) => Number(match[1]));
    expect(numbers).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
  });
});
