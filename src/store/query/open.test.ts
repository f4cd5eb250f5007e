import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyOldRun } from '../../../test/fixtures/old-runs.ts';
import { messageOf } from '../../errors.ts';
import { connect, DATABASE_FILE, disconnect } from '../database.ts';
import { openForQueries, restrict } from './open.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-query-'));
let dir: string;

beforeAll(() => {
  dir = join(root, 'run');
  cpSync(copyOldRun('finished', join(root, 'copied')), dir, { recursive: true });
  disconnect(connect(dir));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Names and contents of all files in the run's folder. */
function contents(): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`)
    .toSorted();
}

const ATTACKS: readonly [statement: string, error: RegExp][] = [
  ["INSERT INTO metrics VALUES (1, 'vote', 0, 'x', 1)", /not authorized/],
  ["UPDATE labels SET label = '1'", /not authorized/],
  ['DELETE FROM questions', /not authorized/],
  ['DROP TABLE questions', /not authorized/],
  ['CREATE TABLE mine (x)', /not authorized/],
  ['CREATE TEMP TABLE mine (x)', /not authorized/],
  ['ALTER TABLE questions ADD COLUMN x', /not authorized/],
  ['CREATE VIRTUAL TABLE mine USING fts5(x)', /not authorized/],
  ["ATTACH 'OTHER' AS other", /not authorized/],
  ["VACUUM INTO 'OTHER'", /authoriz/],
  ['REINDEX', /not authorized/],
  ['ANALYZE', /not authorized/],
  ['BEGIN IMMEDIATE', /not authorized/],
  ['PRAGMA writable_schema = ON', /not authorized/],
  ['PRAGMA query_only = OFF', /not authorized/],
  ["PRAGMA journal_mode = 'delete'", /not authorized/],
  ["PRAGMA temp_store_directory = '/'", /not authorized/],
  ["SELECT load_extension('OTHER')", /not authorized to use function/],
  ["SELECT writefile('OTHER', 'x')", /no such function/],
  ["SELECT readfile('OTHER')", /no such function/],
  ['SELECT length(zeroblob(200000000))', /too big/],
];

describe('a connection for queries', () => {
  it.each(ATTACKS)('refuses %s', (statement, error) => {
    const before = contents();
    const { database, close } = openForQueries(dir, DATABASE_FILE);
    let message = 'not refused';
    try {
      database.prepare(statement.replace('OTHER', join(root, 'other'))).all();
    } catch (cause) {
      message = messageOf(cause);
    } finally {
      close();
    }
    expect(message).toMatch(error);
    expect(contents()).toEqual(before);
    expect(readdirSync(root).toSorted()).toEqual(['copied', 'run']);
  });

  it('refuses writing even where the file could be written', () => {
    const database = new DatabaseSync(':memory:');
    database.exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)');
    restrict(database);
    for (const statement of ['INSERT INTO t VALUES (2)', 'DELETE FROM t', 'PRAGMA query_only = OFF']) {
      expect(() => database.prepare(statement).all()).toThrow(/not authorized/);
    }
    expect(database.prepare('SELECT x FROM t').all()).toMatchObject([{ x: 1 }]);
    database.close();
  });

  it('answers questions about tables, with expressions and recursion', () => {
    const { database, close } = openForQueries(dir, DATABASE_FILE);
    expect(database.prepare('PRAGMA table_info(questions)').all().length).toBeGreaterThan(5);
    expect(
      database
        .prepare(
          'WITH RECURSIVE c(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM c WHERE x < 9) SELECT sum(x) AS s FROM c',
        )
        .get(),
    ).toMatchObject({ s: 45 });
    expect(database.prepare('SELECT upper(stage) AS stage FROM cursor').get()).toMatchObject({ stage: 'DONE' });
    close();
  });
});
