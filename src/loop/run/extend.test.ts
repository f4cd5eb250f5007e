import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { ConfigError } from '../../errors.ts';
import type { RunEvent } from '../../events.ts';
import { readEvents } from '../../store/events/event-log.ts';
import { openRun } from '../../store/sqlite.ts';
import type { RunStore, Unit } from '../../store/store.ts';
import { evolve, resume } from '../evolve.ts';
import { Killed, killedAt, memoryRun, remains, shortConfig } from '../loop.contract.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-extend-'));
const base = join(root, 'base');
let runs = 0;
let expected: Record<string, unknown>;

beforeAll(async () => {
  await writeArithmeticBase(base);
  expected = remains(await played(3));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A band that keeps questions in every iteration. */
const filter = { minQuestions: 1, minAgreement: 0, maxAgreement: 1 };
const config = (iterations: number) => shortConfig(base, { iterations, filter });
const newRun = (iterations: number): RunStore => memoryRun(join(root, `run-${++runs}`), config(iterations));

async function played(iterations: number): Promise<RunStore> {
  const store = newRun(iterations);
  await evolve({ config: config(iterations), store }).result;
  return store;
}

/** Stops a run at the first event that `when` accepts. */
async function stopped(iterations: number, when: (event: RunEvent) => boolean): Promise<RunStore> {
  const store = newRun(iterations);
  const evolution = evolve({ config: config(iterations), store });
  for await (const event of evolution) if (when(event)) evolution.stop();
  expect((await evolution.result).outcome).toBe('stopped');
  return store;
}

describe('a run with a new number of iterations ends as if it had been asked at once', () => {
  it.each([1, 2])('after %i finished iterations', async (iterations) => {
    const store = await played(iterations);
    const summary = await resume(store.dir, { store, iterations: 3 }).result;
    expect(summary.outcome).toBe('finished');
    expect(store.meta().config).toEqual(config(3));
    expect(remains(store)).toEqual(expected);
  });

  it('after a stop within an iteration, with more or with fewer', async () => {
    const inVotes = (event: RunEvent): boolean =>
      event.type === 'step' && event.iteration === 2 && event.stage === 'vote';
    for (const planned of [2, 5]) {
      const store = await stopped(planned, inVotes);
      await resume(store.dir, { store, iterations: 3 }).result;
      expect(remains(store)).toEqual(expected);
    }
  });

  it('after a crash between two iterations, with as many as have finished', async () => {
    const store = newRun(5);
    const commit = (unit: Unit): void => {
      if (store.cursor().iteration === 4) throw new Killed();
      store.commit(unit);
    };
    const crashed = evolve({ config: config(5), store: { ...store, commit } }).result;
    await expect(crashed).rejects.toBeInstanceOf(Killed);
    expect(store.cursor()).toEqual({ iteration: 4, stage: 'train-challenger', step: 0 });
    await resume(store.dir, { store, iterations: 3 }).result;
    expect(remains(store)).toEqual(expected);
  });

  it('after a crash before or after the change', async () => {
    for (const when of ['before', 'after'] as const) {
      const store = await played(2);
      await expect(resume(store.dir, { store: killedAt(store, 0, when), iterations: 3 }).result).rejects.toBeInstanceOf(
        Killed,
      );
      expect(store.summary() === null).toBe(when === 'after');
      await resume(store.dir, when === 'after' ? { store } : { store, iterations: 3 }).result;
      expect(remains(store)).toEqual(expected);
    }
  });
});

describe('the change', () => {
  it('is recorded in the database, the config files and the event log', async () => {
    const dir = join(root, 'on-disk');
    await evolve({ config: config(1), runDir: dir }).result;
    await resume(dir, { iterations: 2 }).result;
    const store = openRun(dir, { readOnly: true });
    expect(store.meta().config.iterations).toBe(2);
    store.close();
    expect(JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))).toEqual(config(2));
    expect(readFileSync(join(dir, 'config.toml'), 'utf8')).toContain('iterations = 2\n');
    const { events, skipped } = readEvents(dir);
    expect(skipped).toBe(0);
    expect(events.filter(({ type }) => type === 'iterations-changed')).toMatchObject([{ from: 1, to: 2 }]);
  });

  it('is nothing if the run already has as many', async () => {
    const store = await played(1);
    const before = store.summary();
    expect(await resume(store.dir, { store, iterations: 1 }).result).toEqual(before);
  });

  it('to fewer than have begun is refused, and changes nothing', async () => {
    const store = await played(2);
    const before = remains(store);
    const refused = resume(store.dir, { store, iterations: 1 }).result;
    await expect(refused).rejects.toBeInstanceOf(ConfigError);
    await expect(refused).rejects.toThrow(
      /is in iteration 2, and finished; --iterations 1 is fewer.\nPass --iterations 2 or more/,
    );
    expect(remains(store)).toEqual(before);
  });

  it('is refused if the run ended early, or is supervised', async () => {
    const store = newRun(1);
    const strict = shortConfig(base, { iterations: 1, filter: { minQuestions: 16 } });
    await evolve({ config: strict, store }).result;
    await expect(resume(store.dir, { store, iterations: 2 }).result).rejects.toThrow(
      /ended early in iteration 1: too few questions passed the filter/,
    );
    const labelled = shortConfig(base, { finetune: { data: 8 } });
    const supervised = memoryRun(join(root, 'supervised'), { ...labelled, iterations: 1 });
    await evolve({ config: labelled, store: supervised }).result;
    await expect(resume(supervised.dir, { store: supervised, iterations: 2 }).result).rejects.toThrow(
      /supervised training, which has one iteration/,
    );
  });
});
