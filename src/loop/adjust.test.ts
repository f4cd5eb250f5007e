/** Complete runs in which too few questions pass, and runs with a memory of earlier questions. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../test/fixtures/scripted/arithmetic-base.ts';
import type { ConfigInput, RunConfig } from '../config/schema.ts';
import type { RunEvent, RunSummary } from '../events.ts';
import type { RunStore } from '../store/store.ts';
import { nearestBleuDistances } from '../text/bleu.ts';
import { evolve } from './evolve.ts';
import { dieAndResume, follow, memoryRun, remains, shortConfig } from './loop.contract.ts';
import { noticesOf } from './watch/notices.ts';

let root: string;
let base: string;
let runs = 0;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-adjust-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function runWith(config: RunConfig): Promise<{ store: RunStore; events: RunEvent[]; summary: RunSummary }> {
  const store = memoryRun(join(root, `run-${++runs}`), config);
  const evolution = evolve({ config, store });
  const events = await follow(evolution);
  return { store, events, summary: await evolution.result };
}

async function survives(config: RunConfig, store: RunStore): Promise<void> {
  for (const when of ['before', 'after'] as const) {
    const dying = memoryRun(join(root, `run-${++runs}`), config);
    await dieAndResume(dying, when);
    expect(remains(dying), `killed ${when} every commit`).toEqual(remains(store));
  }
}

const messagesIn = (events: readonly RunEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'notice' ? [event.notice.message] : []));

describe('too few questions', { timeout: 300_000 }, () => {
  /** A band so narrow that few of 16 questions are inside. */
  const narrow = { minAgreement: 0.75, maxAgreement: 0.85, minQuestions: 5 };
  const configOf = (filter: ConfigInput['filter'], over: ConfigInput = {}): RunConfig =>
    shortConfig(base, {
      iterations: 1,
      pool: { questions: 16, chunk: 7, maxTokens: 24 },
      monitors: { action: 'off' },
      filter: { ...narrow, ...filter },
      ...over,
    });

  it('end the run if configured, with a stored notice', async () => {
    const config = configOf({ tooFew: 'end' });
    const { store, events, summary } = await runWith(config);
    expect(summary).toMatchObject({
      outcome: 'too-few-questions',
      notices: [{ about: 'too-few-questions', action: 'end', limit: 5 }],
    });
    expect(messagesIn(events)[0]).toMatch(/^Iteration 1: \d questions? passed the filter; at least 5 are needed/);
    expect(store.metrics({ name: 'notice/too_few_questions' })).toHaveLength(1);
    await survives(config, store);
  });

  it('widen the band as far as needed', async () => {
    const config = configOf({ tooFew: 'widen', widenMin: 0.15, widenMax: 0.95 });
    const { store, events, summary } = await runWith(config);
    expect(summary).toMatchObject({ outcome: 'finished', notices: [{ action: 'widen', limit: 5 }] });
    const [low] = store.metrics({ name: 'pool/band_min' });
    const [high] = store.metrics({ name: 'pool/band_max' });
    const kept = store.labels(1).filter(({ dropped }) => dropped === null);
    expect(low.value).toBeLessThan(0.75);
    expect(kept.length).toBeGreaterThanOrEqual(5);
    expect(kept.every(({ tally }) => tally.agreement >= low.value && tally.agreement <= high.value)).toBe(true);
    // One widening less would not be enough.
    const inner = kept.filter(({ tally }) => tally.agreement >= low.value + 0.1 && tally.agreement <= high.value);
    expect(inner.length).toBeLessThan(5);
    expect(messagesIn(events)[0]).toContain(
      `widened to ${low.value}–${high.value}, which keeps ${kept.length} (filter.tooFew)`,
    );
    await survives(config, store);
  });

  it('end the run if the widest band is still too narrow', async () => {
    const { summary } = await runWith(configOf({ tooFew: 'widen', minQuestions: 16 }));
    expect(summary).toMatchObject({
      outcome: 'too-few-questions',
      notices: [{ action: 'widen' }, { action: 'end' }],
    });
  });

  it('make the Challenger pose more, but no more than needed', async () => {
    const config = configOf({ tooFew: 'generate', generateUpTo: 6 });
    const { store, events, summary } = await runWith(config);
    expect(summary.outcome).toBe('finished');
    const rounds = noticesOf(store);
    expect(rounds.length).toBeGreaterThan(1);
    expect(rounds.every(({ action, value }) => action === 'generate' && value < 5)).toBe(true);
    const pool = store.questions({ iteration: 1, origin: 'pool' });
    expect(pool).toHaveLength(16 + 7 * rounds.length);
    expect(store.labels(1)).toHaveLength(pool.length);
    expect(summary.iterations[1].kept).toBeGreaterThanOrEqual(5);
    expect(messagesIn(events)).toEqual(rounds.map(({ message }) => message));
    const turn = events.flatMap((event) => (event.type === 'stage-start' ? [event.stage] : []));
    expect(turn.filter((stage) => stage === 'vote')).toHaveLength(1 + rounds.length);
    await survives(config, store);

    // The grown pool and its votes equal those of a run with a larger pool.questions.
    const large = await runWith(
      configOf({ minQuestions: 1 }, { pool: { questions: pool.length, chunk: 7, maxTokens: 24 } }),
    );
    const texts = (one: RunStore): string[] => one.questions({ iteration: 1, origin: 'pool' }).map(({ text }) => text);
    expect(texts(large.store)).toEqual(texts(store));
    expect(large.store.labels(1).map(({ tally }) => tally)).toEqual(store.labels(1).map(({ tally }) => tally));
  });

  it('end the run if the pool has reached its limit', async () => {
    const config = configOf({ tooFew: 'generate', generateUpTo: 2, minQuestions: 30 });
    const { store, summary } = await runWith(config);
    expect(summary.outcome).toBe('too-few-questions');
    expect(summary.explanation).toContain('of 32 questions passed');
    expect(noticesOf(store).map(({ action }) => action)).toEqual(['generate', 'generate', 'generate', 'end']);
    await survives(config, store);
  });
});

describe('memory', { timeout: 300_000 }, () => {
  const pools = (store: RunStore): string[][] =>
    [1, 2].map((iteration) => store.questions({ iteration, origin: 'pool' }).map(({ text }) => text));

  it('is off by default, and does not affect the first iteration', async () => {
    const plain = await runWith(shortConfig(base));
    const kept = await runWith(shortConfig(base, { memory: { weight: 1, drop: true, threshold: 0.85 } }));
    const first = (store: RunStore): unknown => [store.labels(1), store.evaluations()[1]];
    expect(first(kept.store)).toEqual(first(plain.store));
    const near = (store: RunStore): number =>
      store.labels(2).filter(({ dropped }) => dropped === 'near-earlier').length;
    expect(near(plain.store)).toBe(0);
    expect(near(kept.store)).toBeGreaterThan(0);
  });

  it('drops questions similar to one of an earlier pool, before voting', async () => {
    const config = shortConfig(base, {
      memory: { drop: true, threshold: 0.8 },
      pool: { questions: 24, chunk: 10, maxTokens: 24 },
    });
    const { store } = await runWith(config);
    const [earlier] = pools(store);
    const labels = store.labels(2);
    const distances = nearestBleuDistances(
      labels.map(({ question }) => question.text),
      earlier.filter((text) => text !== ''),
    );
    const near = labels.filter(({ dropped }) => dropped === 'near-earlier');
    expect(near.length).toBeGreaterThan(0);
    expect(near.every(({ tally }) => tally.attempts === 0)).toBe(true);
    labels.forEach(({ dropped }, at) => {
      if (dropped === 'near-earlier') expect(distances[at]).toBeLessThan(0.8);
      else if (!['invalid', 'held-out', 'duplicate'].includes(dropped ?? ''))
        expect(distances[at]).toBeGreaterThanOrEqual(0.8);
    });
    expect(store.metrics({ iteration: 2, name: 'pool/dropped/near_earlier' })[0].value).toBe(near.length);
    await survives(config, store);
  });

  it('penalizes the Challenger for similar questions, which changes its training', async () => {
    const config = shortConfig(base, { memory: { weight: 0.5, threshold: 0.9 } });
    const { store } = await runWith(config);
    const [earlier] = pools(store);
    const rollouts = store.rollouts({ role: 'challenger', iteration: 2 }).flatMap((group) => group.rollouts);
    const charged = rollouts.filter(({ parts }) => parts.memory > 0);
    expect(charged.length).toBeGreaterThan(0);
    const posed = store.questions({ iteration: 2, origin: 'training' });
    const distances = nearestBleuDistances(
      posed.map(({ text, invalid }) => (invalid === null ? text : '')),
      earlier.filter((text) => text !== ''),
    );
    rollouts.forEach(({ parts, reward }, at) => {
      expect(parts.memory).toBeCloseTo(distances[at] < 0.9 ? 0.5 * (1 - distances[at]) : 0, 12);
      expect(reward).toBeCloseTo(Math.max(0, parts.uncertainty - parts.repetition - parts.memory), 12);
    });
    const free = await runWith(shortConfig(base));
    const weights = (one: RunStore): unknown =>
      Object.entries(Object(remains(one).files)).find(([path]) => /challenger-2.*model.safetensors/.test(path));
    expect(weights(store)).not.toEqual(weights(free.store));
    await survives(config, store);
  });
});
