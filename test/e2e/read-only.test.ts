/** Every command that only reads works on a run that its user may not write: a read-only disk, or another user's run. */

import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/store/database.ts';
import { openRun } from '../../src/store/sqlite.ts';
import { copyOldRun } from '../fixtures/old-runs.ts';
import { type Ended, rzero } from '../fixtures/program.ts';
import { makeReadOnly, makeWritable, mayWrite } from '../fixtures/unprivileged.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-read-only-'));
const runsDir = join(root, 'runs');
/** A folder that everyone may write. */
const desk = join(root, 'desk');
/** A finished run with the first schema. */
let old: string;
/** The same, with the last commit only in the write-ahead log, as after a kill. */
let killed: string;
/** The names in a run's folder before it was read. */
let names: Map<string, string[]>;

beforeAll(() => {
  chmodSync(root, 0o755);
  mkdirSync(desk);
  chmodSync(desk, 0o777);
  const copied = copyOldRun('finished', join(root, 'copied'));
  const database = connect(copied);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  [old, killed] = ['finished', 'killed'].map((name) => join(runsDir, name));
  cpSync(copied, old, { recursive: true, filter: (path) => !/-(shm|wal)$/.test(path) });
  database.close();
  const store = openRun(copied);
  store.commit({ cursor: { iteration: 1, stage: 'vote', step: 3 } });
  cpSync(copied, killed, { recursive: true, filter: (path) => !/-shm$|\.bak$/.test(path) });
  store.close();
  makeReadOnly(runsDir);
  names = new Map([old, killed].map((run) => [run, readdirSync(run)]));
});
afterAll(() => {
  makeWritable(runsDir);
  rmSync(root, { recursive: true, force: true });
});

const read = (...parameters: string[]): Promise<Ended> => rzero(parameters, { cwd: desk, unprivileged: true });

describe('a run that may not be written', { timeout: 180_000 }, () => {
  it('is really protected from the program', () => {
    expect([old, killed, runsDir].map(mayWrite)).toEqual([false, false, false]);
    expect(mayWrite(desk)).toBe(true);
    expect(names.get(old)?.filter((name) => name.startsWith('run.db'))).toEqual(['run.db']);
    expect(names.get(killed)).toContain('run.db-wal');
  });

  it('is listed and shown', async () => {
    const listed = await read('runs', '--runs-dir', runsDir, '--json');
    expect(listed).toMatchObject({ code: 0, err: '' });
    const found = (JSON.parse(listed.out) as { id: string; outcome: string; cursor: unknown }[]).toSorted((a, b) =>
      a.id < b.id ? -1 : 1,
    );
    // The copy of a live run has its lock, whose process still runs here.
    expect(found).toMatchObject([
      { id: 'finished', outcome: 'finished' },
      { id: 'killed', cursor: { iteration: 1, stage: 'vote', step: 3 } },
    ]);
    const shown = await read('show', old);
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(shown.out).toContain('Held-out scores');
  });

  it('with commits in its write-ahead log is read with them', async () => {
    const shown = await read('show', killed, '--json');
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(shown.out)).toMatchObject({ cursor: { iteration: 1, stage: 'vote', step: 3 } });
  });

  it('answers, by its best Solver and by an iteration', async () => {
    for (const model of [old, `${old}@1`, `${old}@0`]) {
      const answered = await read('chat', '--model', model, '--ask', 'Compute 1 + 2.', '--temperature', '0');
      expect(answered, model).toMatchObject({ code: 0, err: '' });
    }
  });

  it('is evaluated on the held-out test', async () => {
    const scored = await read('eval', '--model', `${old}@1`, '--questions', '2', '--samples', '1', '--json');
    expect(scored).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(scored.out)).toMatchObject({ questions: 2 });
  });

  it('is evaluated on benchmarks, whose results are then in the working folder', async () => {
    const data = join(desk, 'mine.jsonl');
    writeFileSync(data, '{"question":"Compute 3 + 4.","answer":"7"}\n');
    const task = ['--task', data, '--question', 'question', '--answer', 'answer', '--max-tokens', '4'];
    const scored = await read('eval', '--model', old, ...task, '--json');
    expect(scored.code).toBe(0);
    expect(scored.err).toContain(`${old} cannot be written; the results are stored in evaluations`);
    const { folder } = JSON.parse(scored.out) as { folder: string };
    expect(folder.startsWith(join(desk, 'evaluations'))).toBe(true);
    // The stored evaluation is read without the right to write, too.
    makeReadOnly(folder);
    const shown = await read('eval', '--out', folder, '--json');
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(shown.out)).toMatchObject({ tasks: [{ task: 'mine', questions: 1 }] });
    makeWritable(folder);
  });

  it('is exported, and the copies of its read-only files can be written', async () => {
    const out = join(desk, 'exported');
    const exported = await read('export', '--model', old, '--out', out);
    expect(exported).toMatchObject({ code: 0, err: '' });
    expect(existsSync(join(out, 'tokenizer.json'))).toBe(true);
    const checked = await read('doctor', '--model', `${old}@1`);
    expect(checked).toMatchObject({ code: 0, err: '' });
  });

  it('has the same files as before', () => {
    for (const [run, before] of names) expect(readdirSync(run)).toEqual(before);
  });
});
