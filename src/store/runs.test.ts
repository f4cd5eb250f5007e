import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StoreError } from '../errors.ts';
import { connect } from './database.ts';
import { applyMigrations } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { listRuns, newRunId, resolveRun } from './runs.ts';
import { sampleEvaluation, sampleMeta, sampleSummary } from './samples.contract.ts';
import { createRun } from './sqlite.ts';
import type { Unit } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-runs-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder with a finished run, a newer unfinished run, a broken run and other entries. */
function runsFolder(): string {
  const runs = mkdtempSync(join(root, 'runs-'));
  const add = (id: string, createdAt: string, unit: Unit): void => {
    const store = createRun(join(runs, id), { ...sampleMeta, id, createdAt });
    store.commit(unit);
    store.close();
  };
  const evaluated = (iteration: number, mean: number): Unit => ({
    cursor: { iteration, stage: 'done', step: 0 },
    evaluation: sampleEvaluation(iteration, mean),
  });
  add('2026-11-23-arith-base-01', '2026-11-23T10:00:00.000Z', {
    ...evaluated(3, 0.62),
    summary: sampleSummary('finished'),
  });
  add('2026-11-23-arith-base-02', '2026-11-23T11:00:00.000Z', { cursor: { iteration: 1, stage: 'vote', step: 2 } });
  mkdirSync(join(runs, 'broken'));
  writeFileSync(join(runs, 'broken', 'run.db'), 'garbage '.repeat(1000));
  mkdirSync(join(runs, 'notes'));
  writeFileSync(join(runs, 'file.txt'), '');
  return runs;
}

it('lists a run of the first schema, and one that did not begin, without changing them', () => {
  const runs = mkdtempSync(join(root, 'old-'));
  const [old, empty] = ['old', 'empty'].map((name) => join(runs, name));
  for (const dir of [old, empty]) mkdirSync(dir);
  const database = connect(old);
  applyMigrations(database, MIGRATIONS.slice(0, 1));
  database
    .prepare('INSERT INTO run VALUES (1, ?, ?, ?, ?)')
    .run('old', '2026-11-23T10:00:00.000Z', '0.1.0', JSON.stringify(sampleMeta.config));
  database.exec("INSERT INTO cursor VALUES (1, 2, 'vote', 1)");
  connect(empty).close();
  const versionOf = (): unknown => database.prepare('SELECT max(version) AS newest FROM schema_version').get();
  const before = versionOf();
  expect(listRuns(runs)).toMatchObject([
    { id: 'old', outcome: 'unfinished', cursor: { iteration: 2, stage: 'vote', step: 1 } },
    { id: 'empty', outcome: 'broken', reason: expect.stringContaining('was stopped before it began') },
  ]);
  expect(versionOf()).toEqual(before);
  database.close();
});

describe('newRunId', () => {
  const date = new Date('2026-11-23T23:59:59Z');
  it.each([
    ['models/arith-base', [], '2026-11-23-arith-base-01'],
    [
      'models/arith-base/',
      ['2026-11-23-arith-base-01', '2026-11-23-arith-base-09', '2026-11-22-arith-base-40'],
      '2026-11-23-arith-base-10',
    ],
    ['/x/Qwen3 0.6B_Base', ['2026-11-23-qwen3-0-6b-base-99'], '2026-11-23-qwen3-0-6b-base-100'],
    ['models/日本', ['2026-11-23-model-01x'], '2026-11-23-model-01'],
    ['/', [], '2026-11-23-model-01'],
  ])('%s with existing %j: %s', (model, existing, id) => {
    expect(newRunId(date, model, existing)).toBe(id);
  });
});

describe('listRuns', () => {
  it('lists every run, newest first, and why a broken one is broken', () => {
    const [newest, oldest, broken, ...rest] = listRuns(runsFolder());
    expect(rest).toEqual([]);
    expect(newest).toMatchObject({
      id: '2026-11-23-arith-base-02',
      outcome: 'unfinished',
      cursor: { iteration: 1, stage: 'vote', step: 2 },
      score: null,
    });
    expect(oldest).toMatchObject({
      outcome: 'finished',
      score: { iteration: 3, mean: 0.62 },
      model: 'models/arith-base',
      domain: 'arithmetic',
      iterations: 3,
    });
    expect(broken).toMatchObject({ id: 'broken', outcome: 'broken', reason: expect.stringContaining('damaged') });
  });

  it('recognises a run in progress', () => {
    const runs = mkdtempSync(join(root, 'runs-'));
    const store = createRun(join(runs, 'a'), sampleMeta);
    expect(listRuns(runs)[0].outcome).toBe('running');
    store.close();
    expect(listRuns(runs)[0].outcome).toBe('unfinished');
  });

  it.each([
    ['stopped', { outcome: 'stopped', reason: '' }],
    ['failed', { outcome: 'failed', reason: 'broken' }],
    ['crashed', null],
  ] as const)('shows a run whose newest session %s', (outcome, end) => {
    const runs = mkdtempSync(join(root, 'runs-'));
    const store = createRun(join(runs, 'a'), sampleMeta);
    store.beginSession()({ outcome: 'failed', reason: 'earlier' });
    const endIt = store.beginSession();
    if (end !== null) endIt(end);
    store.close();
    expect(listRuns(runs)[0].outcome).toBe(outcome);
  });

  it('of a folder that does not exist is empty', () => {
    expect(listRuns(join(root, 'none'))).toEqual([]);
  });
});

describe('resolveRun', () => {
  it('takes latest, an id, the start of one id, or a path', () => {
    const runs = runsFolder();
    const second = join(runs, '2026-11-23-arith-base-02');
    for (const name of [undefined, 'latest', '2026-11-23-arith-base-02', second])
      expect(resolveRun(runs, name)).toBe(second);
    expect(resolveRun(runs, 'bro')).toBe(join(runs, 'broken'));
    expect(resolveRun(join(root, 'elsewhere'), second)).toBe(second);
  });

  it('rejects a name of no run or of several, and lists the existing runs', () => {
    const runs = runsFolder();
    expect(() => resolveRun(runs, '2026-11')).toThrow(/Several runs start with 2026-11: .*-01, .*-02/);
    expect(() => resolveRun(runs, 'nope')).toThrow(/There is no run nope. Runs in .*: 2026-11-23-arith-base-01/);
    expect(() => resolveRun(runs, join(runs, 'notes'))).toThrow(StoreError);
    expect(() => resolveRun(join(root, 'none'))).toThrow('There are no runs');
  });

  it('latest skips broken runs, and gives the reason if there is no other run', () => {
    const runs = mkdtempSync(join(root, 'runs-'));
    mkdirSync(join(runs, 'bad'));
    writeFileSync(join(runs, 'bad', 'run.db'), 'garbage '.repeat(1000));
    expect(() => resolveRun(runs)).toThrow(/No run in .* can be opened; bad: /);
  });
});
