import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { ConfigInput, RunConfig } from '../../config/schema.ts';
import type { RunEvent, RunSummary } from '../../events.ts';
import type { RunStore } from '../../store/store.ts';
import type { Notice } from '../../types.ts';
import { evolve, resume } from '../evolve.ts';
import { dieAndResume, follow, memoryRun, remains, shortConfig } from '../loop.contract.ts';
import { noticesOf } from './notices.ts';

let root: string;
let base: string;
let runs = 0;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-monitors-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Limits = NonNullable<ConfigInput['monitors']>;

/** Only the limits that a test sets can trip. */
const SILENT = {
  minEntropy: 0,
  minClusters: 0,
  lengthFactor: 0,
  maxUnanswered: 1,
  maxZeroVariance: 1,
  maxAgreementGap: 1,
} satisfies Limits;
/** No policy has this entropy, so every step passes the limit: with patience 2 the Solver's second step trips. */
const SOLVER = { ...SILENT, minEntropy: 100, patience: 2 } satisfies Limits;
/** The scripted Solver agrees with itself on wrong answers. */
const POOL = { ...SILENT, maxAgreementGap: 0.05 } satisfies Limits;

function configOf(monitors: Limits, over: ConfigInput = {}): RunConfig {
  return shortConfig(base, { monitors, ...over });
}

interface Finished {
  store: RunStore;
  events: RunEvent[];
  notices: Notice[];
  summary: RunSummary;
}

async function run(config: RunConfig): Promise<Finished> {
  const store = memoryRun(join(root, `run-${++runs}`), config);
  const evolution = evolve({ config, store });
  const events = await follow(evolution);
  return { store, events, notices: noticesOf(store), summary: await evolution.result };
}

/** Checks that a run with a crash at every commit leaves the same as an uninterrupted run. */
async function survives(config: RunConfig, { store }: Finished): Promise<void> {
  for (const when of ['before', 'after'] as const) {
    const dying = memoryRun(join(root, `run-${++runs}`), config);
    expect(await dieAndResume(dying, when)).toBeGreaterThan(3);
    expect(remains(dying), `killed ${when} every commit`).toEqual(remains(store));
  }
}

const noticesFrom = (events: readonly RunEvent[]): Notice[] =>
  events.flatMap((event) => (event.type === 'notice' ? [event.notice] : []));
const stages = (events: readonly RunEvent[], iteration: number): string[] =>
  events.flatMap((event) => (event.type === 'stage-start' && event.iteration === iteration ? [event.stage] : []));

describe('warn', { timeout: 300_000 }, () => {
  it('adds an event, a stored notice and a line in the summary, and changes nothing else', async () => {
    const quiet = await run(configOf({ action: 'off' }));
    const warned = await run(configOf({ ...SOLVER, action: 'warn' }));
    expect(quiet.notices).toEqual([]);
    expect(quiet.summary).not.toHaveProperty('notices');
    expect(
      warned.notices.map(({ iteration, stage, step, about, action }) => [iteration, stage, step, about, action]),
    ).toEqual([
      [1, 'train-solver', 1, 'entropy', 'warn'],
      [2, 'train-solver', 1, 'entropy', 'warn'],
    ]);
    expect(noticesFrom(warned.events)).toEqual(warned.notices);
    expect(warned.summary.notices).toEqual(warned.notices);
    expect(warned.store.metrics({ name: 'notice/entropy' }).map(({ value }) => value)).toEqual(
      warned.notices.map(({ value }) => value),
    );
    const { notices, metrics, summary, ...left } = remains(warned.store);
    const { notices: none, metrics: others, summary: own, ...expected } = remains(quiet.store);
    expect(left).toEqual(expected);
    expect(Object(summary)).toEqual({ ...Object(own), notices });
    expect(metrics).toEqual(expect.arrayContaining(Object(others)));
    expect(none).toEqual([]);
  });
});

describe('stop', { timeout: 300_000 }, () => {
  it('ends the run after the step, explains it, and keeps an earlier iteration', async () => {
    const config = configOf({ ...SOLVER, action: 'stop' });
    const finished = await run(config);
    const { events, notices, summary, store } = finished;
    expect(summary).toMatchObject({ outcome: 'collapsed', best: 0, explanation: notices[0].message });
    expect(summary.explanation).toMatch(
      /^Iteration 1, training the Solver, step 2: entropy .* below monitors.minEntropy \(100\)/,
    );
    expect(stages(events, 1)).toEqual(['train-challenger', 'propose', 'vote', 'filter', 'train-solver']);
    expect(stages(events, 2)).toEqual([]);
    expect(store.weights('solver', 1)?.step).toBe(2);
    expect(existsSync(join(store.dir, 'best', 'model.safetensors'))).toBe(true);
    expect(await resume(store.dir, { store }).result).toEqual(summary);
    await survives(config, finished);
  });

  it('does not keep the stopped Solver without an evaluation', async () => {
    const { summary } = await run(configOf({ ...SOLVER, action: 'stop' }, { evaluation: { questions: 0 } }));
    expect(summary).toMatchObject({ outcome: 'collapsed', best: 0 });
  });

  it('ends before the Solver trains on a bad pool', async () => {
    const { events, summary } = await run(configOf({ ...POOL, action: 'stop' }));
    expect(summary).toMatchObject({ outcome: 'collapsed', notices: [{ stage: 'filter', about: 'agreement-gap' }] });
    expect(stages(events, 1).at(-1)).toBe('filter');
  });
});

describe('rollback', { timeout: 300_000 }, () => {
  it('discards a phase, continues with the weights before it, and finishes', async () => {
    const config = configOf({ ...SOLVER, action: 'rollback' });
    const finished = await run(config);
    const { events, notices, summary, store } = finished;
    expect(notices.map(({ iteration, stage, action }) => [iteration, stage, action])).toEqual([
      [1, 'train-solver', 'rollback'],
      [2, 'train-solver', 'rollback'],
    ]);
    expect(summary).toMatchObject({ outcome: 'finished', best: 0, notices });
    expect(store.allWeights().map(({ role, iteration }) => `${role} ${iteration}`)).toEqual([
      'challenger 1',
      'challenger 2',
    ]);
    expect(Object.keys(Object(remains(store).files)).filter((path) => path.includes('solver'))).toEqual([]);
    expect(stages(events, 2)).toContain('evaluate');
    const scores = store.evaluations().map(({ perQuestion }) => perQuestion);
    expect(scores).toHaveLength(3);
    expect(scores[1]).toEqual(scores[0]);
    // Two steps of four groups each, as long as the monitor's patience.
    expect(store.rollouts({ role: 'solver', iteration: 1 })).toHaveLength(2 * 4);
    await survives(config, finished);
  });

  it('does not affect the other role’s training', async () => {
    const config = configOf({ ...SOLVER, patience: 1, action: 'rollback' }, { iterations: 1 });
    const finished = await run(config);
    expect(finished.notices.map(({ stage, step }) => [stage, step])).toEqual([
      ['train-challenger', 0],
      ['train-solver', 0],
    ]);
    expect(finished.store.allWeights()).toEqual([]);
    expect(finished.summary).toMatchObject({ outcome: 'finished', best: 0 });
    await survives(config, finished);
  });

  it('after a bad pool, discards the Challenger’s phase and does not train the Solver', async () => {
    const config = configOf({ ...POOL, action: 'rollback' }, { iterations: 1 });
    const finished = await run(config);
    const { events, store, summary } = finished;
    expect(stages(events, 1)).toEqual(['train-challenger', 'propose', 'vote', 'filter', 'evaluate']);
    expect(store.allWeights()).toEqual([]);
    expect(summary).toMatchObject({ outcome: 'finished', notices: [{ stage: 'filter', action: 'rollback' }] });
    await survives(config, finished);
  });

  it('after a bad pool, resets a shared model to the previous iteration', async () => {
    const config = configOf({ ...POOL, action: 'rollback' }, { iterations: 1, weights: 'shared' });
    const finished = await run(config);
    expect(finished.summary).toMatchObject({ outcome: 'finished', best: 0, notices: [{ stage: 'filter' }] });
    expect(finished.store.allWeights()).toEqual([]);
    await survives(config, finished);
  });
});
