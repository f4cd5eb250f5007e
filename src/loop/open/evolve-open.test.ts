/** Whole runs on an open domain, with both signals, on the scripted engine. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Domain } from '../../domains/domain.ts';
import type { StampedEvent } from '../../events.ts';
import type { RunStore } from '../../store/store.ts';
import { evolve, resume } from '../evolve.ts';
import { follow, Killed, killedAt, memoryRun, weightFiles } from '../loop.contract.ts';
import { blind, openConfig, openRemains, SIGNALS, tallying } from './open-loop.contract.ts';
import { HINTED_PAIRS, SCORED_TASKS } from './partials.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-open-'));
const base = join(root, 'base');
let runs = 0;
beforeAll(() => writeArithmeticBase(base));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const newRun = (config: RunConfig): RunStore => memoryRun(join(root, `run-${++runs}`), config);

async function played(
  config: RunConfig,
  domain: Domain = tallying,
): Promise<{ store: RunStore; events: StampedEvent[] }> {
  const store = newRun(config);
  const evolution = evolve({ config, store, domain });
  const events = await follow(evolution);
  await evolution.result;
  return { store, events };
}

describe.each(SIGNALS)('a run with %s', (_signal, open) => {
  it('runs the stages of the closed loop, and reports the hidden quality of every iteration', async () => {
    const { store, events } = await played(openConfig(base, open));
    const turn = ['train-challenger', 'propose', 'vote', 'filter', 'train-solver', 'evaluate'];
    const stages = events.flatMap((event) => (event.type === 'stage-start' ? [event.stage] : []));
    expect(stages).toEqual(['baseline', ...turn, ...turn]);
    const summary = store.summary();
    expect(summary).toMatchObject({ outcome: 'finished', best: 2, iterations: [] });
    const measured = events.flatMap((event) => (event.type === 'quality' ? [event.result] : []));
    expect(measured.map(({ iteration }) => iteration)).toEqual([0, 1, 2]);
    expect(summary?.open?.map(({ result }) => result)).toEqual(measured);
    expect(summary?.open?.[0]).toMatchObject({ kept: null, result: { tasks: 3, samples: 2 } });
    for (const { mean, byCriterion, perTask } of measured) {
      const { digits, short } = byCriterion;
      expect(mean?.value).toBeCloseTo((digits + short) / 2, 12);
      expect(perTask).toHaveLength(3);
    }
    const kept = store.labels(1).filter(({ dropped }) => dropped === null);
    expect(kept.length).toBe(summary?.open?.[1].kept);
    expect(kept.length).toBeGreaterThanOrEqual(2);
    expect(store.labels(1).map(({ tally, truth }) => [tally.attempts, truth])).toEqual(
      store.labels(1).map(() => [0, null]),
    );
  });

  it('ends like an uninterrupted one after a crash at any commit', async () => {
    const config = openConfig(base, open);
    const uninterrupted = newRun(config);
    let commits = 0;
    const counting: RunStore = {
      ...uninterrupted,
      commit(unit) {
        commits++;
        uninterrupted.commit(unit);
      },
    };
    await evolve({ config, store: counting, domain: tallying }).result;
    const expected = openRemains(uninterrupted);
    expect(commits).toBeGreaterThan(20);
    for (let at = 0; at < commits; at++) {
      const store = newRun(config);
      await expect(evolve({ config, store: killedAt(store, at, 'after'), domain: tallying }).result).rejects.toThrow(
        Killed,
      );
      await resume(store.dir, { store, domain: tallying }).result;
      expect(openRemains(store), `killed after commit ${at}`).toEqual(expected);
      rmSync(store.dir, { recursive: true });
    }
  }, 600_000);

  it('trains to the same weights in a domain without a hidden quality', async () => {
    const [seeing, unseeing] = [await played(openConfig(base, open)), await played(openConfig(base, open), blind)];
    const weightsOf = ({ store }: { store: RunStore }): Record<string, string> => weightFiles(store.dir);
    expect(Object.keys(weightsOf(seeing)).length).toBeGreaterThan(4);
    expect(trained(weightsOf(unseeing))).toEqual(trained(weightsOf(seeing)));
    expect(unseeing.store.summary()?.open?.[2].result).toMatchObject({ mean: null, byCriterion: {} });
    expect(unseeing.store.labels(2)).toEqual(seeing.store.labels(2));
  });
});

/** The weights, without records that name the run. */
function trained(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.endsWith('.safetensors')));
}

describe('scores', () => {
  const [[, open]] = SIGNALS;

  it('are stored per response, and give the rewards of the Solver', async () => {
    const { store } = await played(openConfig(base, open, { iterations: 1 }));
    const tasks = store.partials(SCORED_TASKS, 1).flatMap(({ value }) => value);
    expect(tasks.length).toBeGreaterThan(4);
    expect(Object.keys(tasks[0].scores)).toEqual(['likelihood', 'consensus', 'entropy', 'random']);
    expect(tasks[0].scores.likelihood).toHaveLength(3);
    const attempts = store.attempts({ iteration: 1 }).filter(({ questionId }) => questionId === tasks[0].id);
    expect(attempts.map(({ index, vote }) => [index, vote])).toEqual([0, 1, 2].map((index) => [index, null]));
    const [{ rollouts, label }] = store.rollouts({ role: 'solver', iteration: 1 });
    expect(label).toBeNull();
    for (const { reward, parts } of rollouts) {
      const mixture = parts.likelihood + 0.5 * parts.consensus + 0.2 * parts.entropy + 0.1 * parts.random;
      expect(reward).toBeCloseTo(mixture - 0.5 * parts.copies, 12);
    }
    const posed = store.rollouts({ role: 'challenger', iteration: 1 }).flatMap((group) => group.rollouts);
    expect(posed.some(({ parts }) => parts.spread > 0)).toBe(true);
  });

  it('keep a band of the spread, and no held-out task', async () => {
    const config = openConfig(base, { ...open, keepLow: 50, keepHigh: 100 }, { iterations: 1 });
    const { store } = await played(config);
    const drops = store.labels(1).map(({ dropped }) => dropped);
    const judged = drops.filter((drop) => drop === null || drop === 'low-spread');
    expect(judged.filter((drop) => drop === null)).toHaveLength(Math.ceil(judged.length / 2));
    const posed = store.questions({ iteration: 1, origin: 'pool' }).find(({ invalid }) => invalid === null);
    const isPosed = (task: string): boolean => task === posed?.text;
    const known: Domain = { ...tallying, heldOutTasks: { tasks: () => [posed?.text ?? ''], includes: isPosed } };
    const { store: other } = await played(config, known);
    expect(other.labels(1).find(({ question }) => isPosed(question.text))?.dropped).toBe('held-out');
  });

  it('end the run, with the counts, if too few tasks are left', async () => {
    const { store } = await played(openConfig(base, open, { filter: { minQuestions: 16 } }));
    const { outcome = '', explanation = '' } = store.summary() ?? {};
    expect(outcome).toBe('too-few-questions');
    expect(explanation).toContain('below the band');
  });
});

describe('hints', () => {
  const [, [, open]] = SIGNALS;

  it('keep the lower part of δ, and train on pairs of the task alone', async () => {
    const { store } = await played(openConfig(base, open, { iterations: 1 }));
    const pairs = new Map(
      store.partials(HINTED_PAIRS, 1).flatMap(({ value }) => value.map((one) => [one.id, one] as const)),
    );
    const shiftsOf = (wanted: string | null): number[] =>
      store
        .labels(1)
        .flatMap(({ question, dropped }) => (dropped === wanted ? (pairs.get(question.id)?.shift ?? []) : []));
    expect(Math.max(...shiftsOf(null))).toBeLessThanOrEqual(Math.min(...shiftsOf('high-spread'), Infinity));
    const groups = store.rollouts({ role: 'solver', iteration: 1 });
    expect(groups.length).toBeGreaterThan(1);
    const kept = store.labels(1).flatMap(({ question, dropped }) => (dropped === null ? [question.text] : []));
    for (const { prompt, rollouts } of groups) {
      expect(kept).toContain(prompt);
      expect(rollouts.map(({ reward }) => reward)).toEqual([1, 0]);
    }
    const hinted = store.attempts({ iteration: 1 }).filter(({ wording }) => wording !== undefined);
    expect(hinted).toHaveLength(pairs.size);
    expect(hinted[0].wording).toMatch(/\n\nHint: x+$/);
  });
});

it('refuses settings that need right answers, with values that work', async () => {
  const config = openConfig(
    base,
    { scorers: { likelihood: 0 } },
    { filter: { tooFew: 'widen' }, solver: { prompts: 2, labelGate: true } },
  );
  const refused = evolve({ config, store: newRun(config), domain: tallying }).result;
  await expect(refused).rejects.toThrow(/in 3 ways[^]*It works with .*open\.scorers\.likelihood=1/);
});
