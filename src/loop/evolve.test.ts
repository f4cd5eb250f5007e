import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import { ModelLoadError } from '../errors.ts';
import type { RunConfig } from '../config/schema.ts';
import { isPassing, type RunEvent, type StampedEvent } from '../events.ts';
import { followEvents } from '../store/events/follow-events.ts';
import { openRun } from '../store/sqlite.ts';
import type { RunStore } from '../store/store.ts';
import { evolve, resume } from './evolve.ts';
import { follow, Killed, killedAt, memoryRun, remains, shortConfig } from './loop.contract.ts';

let root: string;
let base: string;
let garbage: string;
let runs = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-loop-'));
  base = join(root, 'base');
  garbage = join(root, 'garbage');
  await writeArithmeticBase(base);
  await writeArithmeticBase(garbage, { garbage: true });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const newDir = (): string => join(root, `run-${++runs}`);

function ofType<Type extends RunEvent['type']>(
  events: readonly RunEvent[],
  type: Type,
): Extract<RunEvent, { type: Type }>[] {
  return events.filter((event): event is Extract<RunEvent, { type: Type }> => event.type === type);
}

describe('a run', () => {
  it('runs the stages in the paper’s order and adds a row per iteration', async () => {
    const store = memoryRun(newDir(), shortConfig(base));
    const evolution = evolve({ config: shortConfig(base), store });
    const events = await follow(evolution);
    const summary = await evolution.result;

    const turn = ['train-challenger', 'propose', 'vote', 'filter', 'train-solver', 'evaluate'];
    expect(ofType(events, 'stage-start').map((event) => event.stage)).toEqual(['baseline', ...turn, ...turn]);
    expect(ofType(events, 'stage-end').map((event) => event.stage)).toEqual(['baseline', ...turn, ...turn]);
    expect(events[0].type).toBe('run-start');
    expect(events.at(-1)).toMatchObject({ type: 'run-end', summary });
    expect(ofType(events, 'iteration-end').map((event) => event.summary)).toEqual(summary.iterations.slice(1));
    expect(summary).toMatchObject({ outcome: 'finished', runId: 'test-run' });
    expect(summary.iterations.map((row) => row.iteration)).toEqual([0, 1, 2]);
    expect(store.summary()).toEqual(summary);
    expect(store.cursor().stage).toBe('done');
    expect(summary.engineSeconds).toBeGreaterThan(0);
    expect(summary.engineSeconds).toBeLessThanOrEqual(summary.seconds);
    const filter = ofType(events, 'stage-end').find((event) => event.stage === 'filter');
    expect(filter?.metrics).toMatchObject({ 'pool/posed': 16 });
    expect(ofType(events, 'questions')[0].shown[0].votes.length).toBeGreaterThan(0);
  });

  it('keeps one state per phase, and the best Solver as a plain checkpoint', async () => {
    const store = memoryRun(newDir(), shortConfig(base));
    await evolve({ config: shortConfig(base), store }).result;
    expect(readdirSync(join(store.dir, 'weights')).toSorted()).toEqual([
      'challenger-1-step-1',
      'challenger-2-step-1',
      'solver-1-step-3',
      'solver-2-step-3',
    ]);
    expect(readdirSync(join(store.dir, 'best')).toSorted()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'rzero.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const kl = store.metrics({ name: 'solver/kl' });
    expect(kl.filter((metric) => metric.step === 0).map((metric) => metric.value)).toEqual([0, 0]);
    expect(kl.filter((metric) => metric.step > 0).every((metric) => metric.value > 0)).toBe(true);
  });

  it('increases the Solver’s agreement with itself', async () => {
    const config = shortConfig(base, {
      iterations: 1,
      solver: { steps: 12, prompts: 8, groupSize: 8, learningRate: 0.1, maxTokens: 6, clip: 0 },
    });
    const store = memoryRun(newDir(), config);
    await evolve({ config, store }).result;
    const rewards = store.metrics({ name: 'solver/reward' }).map((metric) => metric.value);
    expect(rewards.at(-1)).toBeGreaterThan(rewards[0] + 0.2);
  });

  it('keeps the base model as Challenger if it is not trained', async () => {
    const config = shortConfig(base, { iterations: 1, challenger: { train: false } });
    const store = memoryRun(newDir(), config);
    const evolution = evolve({ config, store });
    const events = await follow(evolution);
    expect(store.weights('challenger', 1)).toBeNull();
    expect(ofType(events, 'step').some((event) => event.stage === 'train-challenger')).toBe(false);
    expect((await evolution.result).outcome).toBe('finished');
  });

  it('runs several updates per step', async () => {
    const config = shortConfig(base, { iterations: 1 });
    const store = memoryRun(newDir(), config);
    const updates = { ...config, solver: { ...config.solver, updates: 3, dropZeroVariance: false } };
    await evolve({ config: updates, store }).result;
    const ratios = store.metrics({ name: 'solver/ratio/max' }).map((metric) => metric.value);
    expect(Math.max(...ratios)).toBeGreaterThan(1.0001);
  });

  it('skips the evaluation without test questions', async () => {
    const config = shortConfig(base, { evaluation: { questions: 0 } });
    const store = memoryRun(newDir(), config);
    const summary = await evolve({ config, store }).result;
    expect(summary).toMatchObject({ outcome: 'finished', best: 2, iterations: [] });
  });

  it('ends cleanly, with the counts, if the Challenger writes garbage', async () => {
    const config = shortConfig(garbage);
    const store = memoryRun(newDir(), config);
    const evolution = evolve({ config, store });
    const events = await follow(evolution);
    const summary = await evolution.result;
    expect(summary.outcome).toBe('too-few-questions');
    expect(summary.explanation).toMatch(
      /0 of 16 questions passed the filter; at least 2 are needed.*16 not in the required format/,
    );
    expect(events.at(-1)).toMatchObject({ type: 'run-end', summary });
    expect(await resume(store.dir, { store }).result).toEqual(summary);
  });

  it('rejects a missing model before it creates the run’s folder', async () => {
    const dir = newDir();
    const evolution = evolve({ config: { ...shortConfig(base), model: join(root, 'nowhere') }, runDir: dir });
    await expect(evolution.result).rejects.toThrow(ModelLoadError);
    await expect(follow(evolution)).rejects.toThrow(ModelLoadError);
    expect(existsSync(dir)).toBe(false);
  });
});

describe('an interrupted run', () => {
  it('ends like an uninterrupted one after a crash at any commit', async () => {
    const config = shortConfig(base);
    const uninterrupted = memoryRun(newDir(), config);
    let commits = 0;
    const counting: RunStore = {
      ...uninterrupted,
      commit(unit) {
        commits++;
        uninterrupted.commit(unit);
      },
    };
    await evolve({ config, store: counting }).result;
    const expected = remains(uninterrupted);
    expect(commits).toBeGreaterThan(15);

    for (let at = 0; at < commits; at++) {
      const store = memoryRun(newDir(), config);
      await expect(evolve({ config, store: killedAt(store, at, 'after') }).result).rejects.toThrow(Killed);
      await resume(store.dir, { store }).result;
      expect(remains(store), `killed after commit ${at}`).toEqual(expected);
      rmSync(store.dir, { recursive: true });
    }
  }, 300_000);

  it('ends like an uninterrupted one after a crash before every second commit', async () => {
    const config = shortConfig(base);
    const uninterrupted = memoryRun(newDir(), config);
    await evolve({ config, store: uninterrupted }).result;
    const store = memoryRun(newDir(), config);
    for (;;) {
      try {
        await resume(store.dir, { store: killedAt(store, 1, 'before') }).result;
        break;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
    }
    expect(remains(store)).toEqual(remains(uninterrupted));
  }, 300_000);

  it('continues after a stop, from its folder alone', async () => {
    const config = shortConfig(base);
    const uninterrupted = evolve({ config, runDir: newDir() });
    const { runDir } = await uninterrupted.result;

    const dir = newDir();
    const stopped = evolve({ config, runDir: dir });
    let steps = 0;
    for await (const event of stopped) {
      if (event.type === 'step' && ++steps === 5) stopped.stop();
    }
    expect(await stopped.result).toMatchObject({ outcome: 'stopped' });
    const resumed = resume(dir);
    const [events, again] = await Promise.all([follow(resumed), follow(resumed)]);
    expect(again).toEqual(events);
    expect(events[0]).toMatchObject({ type: 'run-start', resumedFrom: expect.objectContaining({ iteration: 1 }) });
    expect((await resumed.result).outcome).toBe('finished');
    const received = [...(await follow(stopped)), ...events];
    const log: StampedEvent[] = [];
    for await (const event of followEvents(dir)) log.push(event);
    expect(log).toEqual(received.filter((event) => !isPassing(event)));
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, at) => at + 1));
    expect(new Set(received.map(({ run }) => run))).toEqual(new Set([basename(dir)]));

    const [one, other] = [runDir, dir].map((folder) => openRun(folder, { readOnly: true }));
    const strip = (all: Record<string, unknown>): Record<string, unknown> => ({
      ...all,
      summary: { ...Object(all.summary), runId: '' },
    });
    expect(strip(remains(other))).toEqual(strip(remains(one)));
    one.close();
    other.close();
  });

  it('stopped within every step ends like an uninterrupted one', async () => {
    const config = shortConfig(base);
    const uninterrupted = memoryRun(newDir(), config);
    await evolve({ config, store: uninterrupted }).result;

    const store = memoryRun(newDir(), config);
    let sessions = 0;
    let within = 0;
    for (let outcome = ''; outcome !== 'finished'; sessions++) {
      const run = sessions === 0 ? evolve({ config, store }) : resume(store.dir, { store });
      let steps = 0;
      for await (const { type } of run) {
        if (type === 'step') steps++;
        if (type === 'progress' && steps > 0) run.stop();
      }
      ({ outcome } = await run.result);
      // A stop after the last call of the second step may still commit it.
      if (outcome === 'stopped' && steps === 1) within++;
    }
    expect(within).toBeGreaterThan(3);
    expect(store.sessions().map(({ end }) => end?.outcome)).toEqual([
      ...Array.from({ length: sessions - 1 }, () => 'stopped'),
      'finished',
    ]);
    expect(remains(store)).toEqual(remains(uninterrupted));
  }, 120_000);

  it('continues with the defaults of settings that its version did not have', async () => {
    const config = shortConfig(base, { iterations: 1 });
    const uninterrupted = memoryRun(newDir(), config);
    await evolve({ config, store: uninterrupted }).result;
    const { memory: _memory, monitors: _monitors, ...older } = config;
    const store = memoryRun(newDir(), older as RunConfig);
    await resume(store.dir, { store }).result;
    expect(remains(store)).toEqual(remains(uninterrupted));
  });

  it('emits its end again if it had already ended', async () => {
    const config = shortConfig(base, { iterations: 1 });
    const store = memoryRun(newDir(), config);
    const summary = await evolve({ config, store }).result;
    expect(await resume(store.dir, { store }).result).toEqual(summary);
  });
});
