import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyOldRun } from '../../../test/fixtures/old-runs.ts';
import { connect, disconnect } from '../database.ts';
import { openRun } from '../sqlite.ts';
import { queryRun, TABLES_QUERY } from './query.ts';
import { countStatements } from './statements.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-query-'));
let dir: string;
const LIMITS = { rows: 100, seconds: 60 };

beforeAll(() => {
  dir = join(root, 'run');
  cpSync(copyOldRun('finished', join(root, 'copied')), dir, { recursive: true });
  disconnect(connect(dir));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a query of a run', () => {
  it('returns columns by position, values by type, and no more rows than asked for', async () => {
    const sql = "SELECT 1 AS a, 2 AS a, NULL, 1.5, 'x', 9007199254740993, x'00ff' UNION ALL SELECT 3, 4, 5, 6, 7, 8, 9";
    expect(await queryRun(dir, sql, { rows: 1, seconds: 60 })).toEqual({
      columns: ['a', 'a', 'NULL', '1.5', "'x'", '9007199254740993', "x'00ff'"],
      rows: [[1, 2, null, 1.5, 'x', '9007199254740993', { bytes: 2 }]],
      more: true,
    });
  });

  it('lists the tables', async () => {
    const { rows } = await queryRun(dir, TABLES_QUERY, LIMITS);
    expect(rows.map(([name]) => name)).toEqual(expect.arrayContaining(['attempts', 'metrics', 'questions']));
    expect(rows.find(([name]) => name === 'metrics')).toEqual(['metrics', 'iteration, stage, step, name, value']);
  });

  it('that never ends is stopped', async () => {
    const endless = 'WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c';
    await expect(queryRun(dir, endless, { rows: 1, seconds: 1 })).rejects.toThrow(
      'The query was not finished after 1 s and was stopped.\nAsk for less, or give it more time: --timeout 10',
    );
  });

  it('says what is wrong with a statement', async () => {
    await expect(queryRun(dir, 'SELECT x FROM y', LIMITS)).rejects.toThrow(/no such table: y\.\nCorrect .*--tables/);
    await expect(queryRun(dir, 'DELETE FROM run', LIMITS)).rejects.toThrow(/^This statement is not allowed: /);
    await expect(queryRun(dir, 'SELECT 1; SELECT 2', LIMITS)).rejects.toThrow(/^A query is one statement/);
  });

  it('works while the run is written, sees what is committed, and leaves nothing behind', async () => {
    const writer = openRun(dir);
    writer.commit({ cursor: { iteration: 1, stage: 'vote', step: 7 } });
    const names = readdirSync(dir).toSorted();
    expect((await queryRun(dir, 'SELECT step FROM cursor', LIMITS)).rows).toEqual([[7]]);
    expect(readdirSync(dir).toSorted()).toEqual(names);
    writer.commit({ cursor: { iteration: 1, stage: 'vote', step: 8 } });
    writer.close();
    const ended = readdirSync(dir).toSorted();
    expect((await queryRun(dir, 'SELECT step FROM cursor', LIMITS)).rows).toEqual([[8]]);
    expect(readdirSync(dir).toSorted()).toEqual(ended);
  });
});

it.each([
  ['SELECT 1', 1],
  ['SELECT 1;', 1],
  ['SELECT \';\' AS ";" -- ; x\n/* ; */;', 1],
  ['SELECT 1; SELECT 2', 2],
  ['', 0],
  [' -- nothing', 0],
  ["SELECT 'it''s; fine'", 1],
])('counts the statements of %s', (sql, statements) => {
  expect(countStatements(sql)).toBe(statements);
});
