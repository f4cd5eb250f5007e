/**
 * Runs on an engine of concurrent calls, which end in a random order: they store what a run stores that makes one call
 * after the other, and work of later steps and groups starts while earlier answers are still awaited.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import createConcurrentEngine, {
  type ConcurrentEngine,
  type ConcurrentOptions,
} from '../../test/engines/concurrent/index.ts';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import { questionsWithAnswers } from '../domains/arithmetic/questions-with-answers.ts';
import type { Engine } from '../engine/engine.ts';
import { EngineError } from '../errors.ts';
import type { RunStore, Unit } from '../store/store.ts';
import type { StageName } from '../types.ts';
import { evolve, resume } from './evolve.ts';
import { Killed, killedAt, memoryRun, remains, shortConfig } from './loop.contract.ts';

let root: string;
let base: string;
let runs = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-overlap-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
  const problems = ['Compute 1 + 2.', 'Compute 2 + 5.', 'Compute 9 - 4.'];
  const rows = problems.map((problem, at) => JSON.stringify({ id: `amc-${at}`, problem, answer: 3 }));
  writeFileSync(join(root, 'amc23.jsonl'), rows.join('\n'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Small chunks, so that every stage has several steps. */
const CHUNKS = {
  pool: { questions: 24, chunk: 5, maxTokens: 24 },
  votes: { count: 5, chunk: 3, maxTokens: 6 },
  evaluation: { questions: 8, samples: 2, chunk: 2, maxTokens: 6 },
};

const configOf = (over: ConfigInput = {}): RunConfig => shortConfig(base, { ...CHUNKS, ...over });
const newStore = (config: RunConfig): RunStore => memoryRun(join(root, `run-${++runs}`), config);

/** The settings of a run, and what it needs besides. */
interface Variant {
  over?: ConfigInput;
  planted?: boolean;
}

/** A run on the scripted engine, or on the given one. */
async function played({ over = {}, planted = false }: Variant, engine?: Engine): Promise<Record<string, unknown>> {
  const config = configOf(over);
  const store = newStore(config);
  const known = planted ? { planted: questionsWithAnswers(7, 1) } : {};
  await evolve({ config, store, ...known, ...(engine === undefined ? {} : { engine }) }).result;
  return remains(store);
}

const SOLVER = { steps: 2, prompts: 4, groupSize: 4, learningRate: 0.3, maxTokens: 6 };
const CHALLENGER = { steps: 2, groups: 20, groupSize: 3, votes: 4, learningRate: 0.3, maxTokens: 24 };
const VARIANTS: Record<string, Variant> = {
  'the default settings': {},
  'every group trained on, so that the reference is asked early': {
    over: {
      iterations: 1,
      challenger: { ...CHALLENGER, dropZeroVariance: false, klWeight: 0.1 },
      solver: { ...SOLVER, dropZeroVariance: false, klWeight: 0.1, updates: 3 },
    },
  },
  'one model for both roles': { over: { iterations: 1, weights: 'shared' } },
  'votes on other wordings, and gates on them': {
    over: {
      iterations: 1,
      votes: { ...CHUNKS.votes, views: 0.4 },
      filter: { minQuestions: 1, minAgreement: 0.2, maxAgreement: 0.9, gate: 'views', unreadable: 'drop' },
      challenger: { ...CHALLENGER, viewsAgree: true },
      solver: { ...SOLVER, dropZeroVariance: false, klWeight: 0.1, labelGate: true },
      audit: { views: 6 },
    },
  },
  'planted questions': { over: { iterations: 1 }, planted: true },
  'more questions in a second round': {
    over: { iterations: 1, filter: { minQuestions: 22, minAgreement: 0.4, maxAgreement: 0.9, tooFew: 'generate' } },
  },
};

describe.each(Object.entries(VARIANTS))('a run with %s', (_, variant) => {
  it('stores the same as without overlap, in whatever order the answers arrive', async () => {
    const expected = await played(variant);
    for (const [seed, slots] of [
      [1, 7],
      [2, 64],
      [3, 10_000],
    ]) {
      const engine = await createConcurrentEngine({ seed, slots });
      expect(await played(variant, engine), `seed ${seed}`).toEqual(expected);
      expect(engine.inProgress).toEqual({ now: 0, most: expect.any(Number) });
      expect(engine.inProgress.most).toBeLessThanOrEqual(slots);
    }
  });
});

it('evaluates benchmarks to the same scores', async () => {
  const over = { iterations: 1, evaluation: { ...CHUNKS.evaluation, tasks: ['amc23'], dataDir: root } };
  const expected = await played({ over });
  expect(JSON.stringify(expected)).toContain('eval/task/amc23/');
  expect(await played({ over }, await createConcurrentEngine({ seed: 4 }))).toEqual(expected);
});

describe('an interrupted run', () => {
  it('ends like an uninterrupted one after a crash at every commit', async () => {
    const config = configOf({ iterations: 1 });
    const uninterrupted = newStore(config);
    await evolve({ config, store: uninterrupted }).result;
    for (const when of ['before', 'after'] as const) {
      const store = newStore(config);
      for (let deaths = 0; ; deaths++) {
        const engine = await createConcurrentEngine({ seed: deaths, delayMs: 1 });
        try {
          await resume(store.dir, { engine, store: killedAt(store, when === 'before' ? 1 : 0, when) }).result;
          break;
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
          // Nothing goes on in the background.
          expect(engine.inProgress.now).toBe(0);
        }
      }
      expect(remains(store)).toEqual(remains(uninterrupted));
    }
  }, 120_000);

  it('stops with all its calls, and continues', async () => {
    const config = configOf({ iterations: 1 });
    const expected = newStore(config);
    await evolve({ config, store: expected }).result;
    for (const stage of ['baseline', 'train-challenger', 'propose', 'vote', 'train-solver'] as const) {
      const store = newStore(config);
      // The calls of the stage never end by themselves.
      const engine = await createConcurrentEngine({ delayMs: 3_600_000 });
      const quick = await createConcurrentEngine();
      const at = (): boolean => store.cursor().stage === stage;
      const evolution = resume(store.dir, { store, engine: switched(quick, engine, at) });
      for await (const event of evolution) if (event.type === 'stage-start' && event.stage === stage) evolution.stop();
      expect(await evolution.result).toMatchObject({ outcome: 'stopped' });
      expect(engine.inProgress.now).toBe(0);
      expect(store.cursor()).toMatchObject({ stage, step: 0 });
      await resume(store.dir, { store, engine: quick }).result;
      expect(remains(store)).toEqual(remains(expected));
    }
  }, 60_000);

  it('commits the steps before a failure of a later one', async () => {
    const config = configOf({ iterations: 1 });
    const store = newStore(config);
    let calls = 0;
    const engine = await createConcurrentEngine({
      before() {
        // The 8th question of the pool is in its second chunk.
        if (store.cursor().stage !== 'propose' || ++calls !== 8) return;
        throw new EngineError('transient', 'The service failed.', 'Repair it.');
      },
    });
    await expect(evolve({ config, store, engine }).result).rejects.toThrow('The service failed.');
    expect(engine.inProgress.now).toBe(0);
    expect(store.cursor()).toMatchObject({ stage: 'propose', step: 1 });
    expect(store.questions({ iteration: 1, origin: 'pool' })).toHaveLength(5);
  });
});

/** Samples with `other` while `at` is true. */
function switched(engine: ConcurrentEngine, other: ConcurrentEngine, at: () => boolean): Engine {
  return {
    ...engine,
    async openSampler(ref) {
      const [one, two] = [await engine.openSampler(ref), await other.openSampler(ref).catch(() => null)];
      return { ...one, sample: (requests, ctl) => (at() && two !== null ? two : one).sample(requests, ctl) };
    },
  };
}

/** Runs, and holds the first call of a stage back until `enough` of the calls after it have started. Returns how it ends. */
async function heldRun(stage: StageName, enough: number, over: ConfigInput = {}): Promise<string> {
  const config = configOf({ iterations: 1, ...over });
  const store = newStore(config);
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let calls = 0;
  const before: ConcurrentOptions['before'] = () => {
    if (store.cursor().stage !== stage) return;
    calls++;
    if (calls > enough) release();
    return calls === 1 ? held : undefined;
  };
  const { outcome } = await evolve({ config, store, engine: await createConcurrentEngine({ before }) }).result;
  return outcome;
}

describe('while one answer is awaited', () => {
  // Without overlap, these runs would wait for ever.
  it('later chunks of a stage are sampled', async () => {
    // More calls than the first chunk has.
    expect(await heldRun('propose', CHUNKS.pool.chunk + 5)).toBe('finished');
    expect(await heldRun('vote', CHUNKS.votes.chunk + 3)).toBe('finished');
    expect(await heldRun('baseline', 2 * CHUNKS.evaluation.chunk + 2)).toBe('finished');
  });

  it('the Solver votes on the questions that are there, in a step of the Challenger', async () => {
    const challenger = { ...CHALLENGER, steps: 1 };
    expect(await heldRun('train-challenger', CHALLENGER.groups + 5, { challenger })).toBe('finished');
  });
});

it('holds the attempts of a few chunks, not of a stage', async () => {
  const slots = 10;
  const config = configOf({ iterations: 1, pool: { questions: 120, chunk: 30, maxTokens: 24 } });
  const store = newStore(config);
  const { chunk, count } = CHUNKS.votes;
  let [started, committed, most] = [0, 0, 0];
  const engine = await createConcurrentEngine({
    slots,
    delayMs: 1,
    before({ requests }) {
      if (store.cursor().stage !== 'vote') return;
      started += requests[0].n;
      most = Math.max(most, started - committed);
      // The first answer is so slow that all others which may be asked for are there before it.
      return started === requests[0].n ? sleep(500) : undefined;
    },
  });
  const counting: RunStore = {
    ...store,
    commit(unit: Unit) {
      if (store.cursor().stage === 'vote') committed += unit.attempts?.length ?? 0;
      store.commit(unit);
    },
  };
  await evolve({ config, store: counting, engine }).result;
  expect(committed).toBe(started);
  expect(started).toBeGreaterThan(300);
  // The chunk of the slow answer, and later ones as long as fewer than twice the slots are ahead.
  expect(most).toBe(chunk * count * (1 + Math.ceil((2 * slots) / (chunk * count))));
});
