/** Whole runs with a Verifier, on the scripted engine. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { ConfigInput } from '../../config/schema.ts';
import { hasVerifier } from '../../config/phases.ts';
import { arithmetic } from '../../domains/arithmetic/domain.ts';
import type { Domain } from '../../domains/domain.ts';
import { STAGES_WITH_VERIFIER } from '../../roles.ts';
import { partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import type { RunEvent } from '../../events.ts';
import { evolve, resume } from '../evolve.ts';
import { Killed, killedAt, memoryRun, remains, shortConfig, weightFiles } from '../loop.contract.ts';
import { ENTRANCE, PLANTED_VERDICTS, type PlantedVotes, VERDICTS } from '../partials.ts';
import { plantedVotes } from '../pool/planted.ts';
import { noticesOf } from '../watch/notices.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-verifier-'));
const base = join(root, 'base');
let runs = 0;
beforeAll(async () => writeArithmeticBase(base));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const SMALL = {
  steps: 2,
  prompts: 3,
  pairs: 1,
  fresh: 4,
  freshVotes: 3,
  maxTokens: 6,
  groupSize: 3,
  learningRate: 0.3,
};
const TOKEN: ConfigInput = { iterations: 1, verifier: { ...SMALL, kind: 'token' } };

function newRun(over: ConfigInput): RunStore {
  return memoryRun(join(root, `run-${++runs}`), shortConfig(base, over));
}

async function played(over: ConfigInput): Promise<RunStore> {
  const store = newRun(over);
  await evolve({ config: store.meta().config, store }).result;
  return store;
}

function metricNames(store: RunStore, stage: string): Set<string> {
  return new Set(store.metrics({ iteration: 1, stage }).map(({ name }) => name));
}

describe('a run with a Verifier', () => {
  it.each(['token', 'generative'] as const)('trains, tests and stores it: %s', async (kind) => {
    const over: ConfigInput = { iterations: 1, verifier: { ...SMALL, kind } };
    const store = newRun(over);
    const events: RunEvent[] = [];
    const evolution = evolve({ config: store.meta().config, store });
    for await (const event of evolution) events.push(event);
    const stages = events.flatMap((event) =>
      event.type === 'stage-start' && event.iteration === 1 ? [event.stage] : [],
    );
    expect(stages).toEqual(STAGES_WITH_VERIFIER);
    expect(store.weights('verifier', 1)).toMatchObject({ role: 'verifier', step: 2 });
    expect([...metricNames(store, 'train-verifier')]).toEqual(
      expect.arrayContaining(
        kind === 'token' ? ['verifier/loss', 'verifier/grad_norm'] : ['verifier/reward', 'verifier/form'],
      ),
    );
    expect([...metricNames(store, 'verify')]).toEqual(
      expect.arrayContaining([
        'verdicts/passes',
        'verdicts/yes',
        'verdicts/judge_gap',
        'verdicts/variety',
        'verdicts/caught/answer',
      ]),
    );
    const [{ value }] = store.partials(ENTRANCE, 1);
    expect(value.failures.length > 0).toBe(!value.passes);
  });

  it('does not use one that fails its test, and says so: the run goes on as one without', async () => {
    const { votes, solver } = shortConfig(base);
    const weighted = { votes: { ...votes, weights: 'verifier' }, solver: { ...solver, verifierWeight: 0.5 } } as const;
    const store = await played({ ...TOKEN, ...weighted });
    // The tables of this engine see the last two tokens, which are those of the opening: every verdict is the same.
    expect(store.partials(ENTRANCE, 1)[0].value).toMatchObject({ passes: false, caught: { answer: 0 } });
    const [notice] = noticesOf(store);
    expect(notice).toMatchObject({ stage: 'verify', about: 'entrance-test', action: 'warn' });
    expect(notice.message).toMatch(
      /^Iteration 1: the Verifier fails its entrance test and is not used: all votes count alike, and it pays no part of the Solver's reward\. The reason: it catches 0\.0 % of changed answers, not 80\.0 %;/,
    );
    expect(store.partials(VERDICTS, 1)).toEqual([]);
    const without = await played({ iterations: 1 });
    expect(store.labels(1)).toEqual(without.labels(1));
    expect(store.rollouts({ role: 'solver', iteration: 1 })).toEqual(
      without.rollouts({ role: 'solver', iteration: 1 }),
    );
  });

  it('sets one back that a monitor does not trust', async () => {
    const store = await played({ ...TOKEN, iterations: 2, monitors: { action: 'rollback', minCaught: 0.5 } });
    expect(store.allWeights().map(({ role }) => role)).not.toContain('verifier');
    expect(store.partials(ENTRANCE, 1)[0].value.failures).toContain('a monitor set it back');
    const notices = noticesOf(store).filter(({ about }) => about === 'corruptions');
    expect(notices.map(({ iteration, action }) => [iteration, action])).toEqual([
      [1, 'rollback'],
      [2, 'rollback'],
    ]);
    expect(notices[0].message).toContain('testing the Verifier');
    expect(store.cursor().stage).toBe('done');
  });

  it('ends the run if a monitor of its verdicts is to stop it', async () => {
    const store = await played({ ...TOKEN, monitors: { action: 'stop', minCaught: 0.5 } });
    expect(store.summary()).toMatchObject({ outcome: 'collapsed' });
    expect(store.cursor()).toMatchObject({ iteration: 1, stage: 'done' });
    expect(store.labels(1)).toEqual([]);
  });

  it.each([4, 5, 6, 7, 8])('resumes after a kill at commit %i to the same run', async (commit) => {
    const whole = await played(TOKEN);
    const store = newRun(TOKEN);
    const { config } = store.meta();
    await expect(evolve({ config, store: killedAt(store, commit, 'before') }).result).rejects.toThrow(Killed);
    await resume(store.dir, { store }).result;
    expect(remains(store)).toEqual(remains(whole));
    expect(store.partials(ENTRANCE, 1)).toEqual(whole.partials(ENTRANCE, 1));
  });
});

/** Stops a run before it stores its entrance test. */
function beforeEntrance(store: RunStore): RunStore {
  return {
    ...store,
    commit(unit) {
      if (unit.partials?.some(({ stage }) => stage === ENTRANCE.name)) throw new Killed();
      store.commit(unit);
    },
  };
}

const PASSED = {
  passes: true,
  caught: {},
  consensus: { share: 1, low: 1 },
  likelihood: { share: 1, low: 1 },
  stable: 1,
  failures: [],
};

/** Plays a run whose Verifier passes its test, whatever its verdicts are; `killed` ends a session before the last. */
async function passing(over: ConfigInput, killed?: (store: RunStore) => RunStore): Promise<RunStore> {
  const store = newRun(over);
  const { config } = store.meta();
  await expect(evolve({ config, store: beforeEntrance(store) }).result).rejects.toThrow(Killed);
  const cursor = { iteration: 1, stage: 'verify', step: 1 };
  store.commit({ cursor, partials: [partialResult(ENTRANCE, { iteration: 1, step: 0 }, PASSED)] });
  if (killed !== undefined) await expect(resume(store.dir, { store: killed(store) }).result).rejects.toThrow(Killed);
  await resume(store.dir, { store }).result;
  return store;
}

describe('a Verifier that passes its test', () => {
  it.each([4, 0.3])('weighs the votes and gates the labels, trained at the rate %d', async (learningRate) => {
    const { votes, filter, verifier } = shortConfig(base, TOKEN);
    const store = await passing({
      ...TOKEN,
      verifier: { ...verifier, learningRate },
      votes: { ...votes, weights: 'verifier' },
      filter: { ...filter, gate: 'verifier', minQuestions: 1 },
    });
    const verdicts = store.partials(VERDICTS, 1).flatMap(({ value }) => value);
    expect(verdicts.length).toBeGreaterThan(3);
    const labels = new Map(store.labels(1).map((one) => [one.question.id, one]));
    const dropped = new Set<string>();
    for (const { id, scores, tally, accepted } of verdicts) {
      expect(labels.get(id)?.tally).toEqual(tally);
      const weight = tally.groups.reduce((sum, group) => sum + group.weight, 0);
      const answered = store.attempts({ iteration: 1 }).filter((one) => one.questionId === id);
      expect(answered).toHaveLength(scores.length);
      // If every vote is rejected, all count alike.
      const worth = scores.every((score) => score === 0) ? scores.map(() => 1) : scores;
      const expected = worth.reduce((sum, one, at) => sum + (answered[at].vote === null ? 0 : one), 0);
      expect(weight).toBeCloseTo(expected, 9);
      const isGated = labels.get(id)?.dropped === 'verifier-rejects';
      if (isGated) dropped.add(id);
      expect(isGated && accepted).toBe(false);
      if (!accepted) expect(labels.get(id)?.dropped).not.toBeNull();
    }
    const rows = store.metrics({ iteration: 1, stage: 'filter', name: 'pool/dropped/verifier_rejects' });
    expect(rows.map(({ value }) => value)).toEqual([dropped.size]);
  });

  it('judges planted questions, and the audit counts what the gate lets through', async () => {
    const { filter } = shortConfig(base);
    const gate = { ...filter, gate: 'verifier', minAgreement: 0, maxAgreement: 1, minQuestions: 1 } as const;
    const store = await passing({ ...TOKEN, audit: { planted: 5 }, filter: gate });
    const votes = plantedVotes(store, 1);
    const verdicts = store.partials(PLANTED_VERDICTS, 1).flatMap(({ value }) => value);
    expect(verdicts.map(({ at }) => at)).toEqual(votes.flatMap(({ tally }, at) => (tally.label === null ? [] : [at])));
    expect(verdicts.length).toBeGreaterThan(2);
    for (const { at, tally, correct } of verdicts) expect({ tally, correct }).toEqual(pick(votes[at]));
    const [inBand] = store.metrics({ iteration: 1, name: 'audit/planted/in_band' });
    expect(inBand.value).toBe(verdicts.filter(({ accepted }) => accepted).length);
  });

  it.each(['token', 'generative'] as const)('pays the Solver its share: %s', async (kind) => {
    const { solver } = shortConfig(base);
    const store = await passing({
      iterations: 1,
      verifier: { ...SMALL, kind },
      solver: { ...solver, verifierWeight: 0.25 },
    });
    const rollouts = store.rollouts({ role: 'solver', iteration: 1 }).flatMap((group) => group.rollouts);
    expect(rollouts.length).toBeGreaterThan(0);
    for (const { reward, parts } of rollouts) {
      expect(reward).toBeCloseTo(0.75 * parts.correct + 0.25 * parts.verdict, 12);
    }
    const [paid] = store.metrics({ iteration: 1, stage: 'train-solver', name: 'solver/verdict' });
    expect(paid.value).toBeGreaterThanOrEqual(0);
  });
});

it('resumes a run whose Verifier is used after a kill to the same run', async () => {
  const { votes, solver } = shortConfig(base);
  const over: ConfigInput = {
    ...TOKEN,
    audit: { planted: 5 },
    votes: { ...votes, chunk: 4, weights: 'verifier' },
    solver: { ...solver, verifierWeight: 0.5 },
  };
  const whole = await passing(over);
  expect(whole.partials(VERDICTS, 1).length).toBeGreaterThan(1);
  for (const commit of [0, 1, 3, 5]) {
    const store = await passing(over, (run) => killedAt(run, commit, 'after'));
    expect(remains(store)).toEqual(remains(whole));
  }
});

function pick({ tally, correct }: Pick<PlantedVotes, 'tally' | 'correct'>): Pick<PlantedVotes, 'tally' | 'correct'> {
  return { tally, correct };
}

it('uses the truth for its audit alone', async () => {
  const runWith = async (domain: Domain): Promise<RunStore> => {
    const store = newRun(TOKEN);
    await evolve({ config: store.meta().config, store, domain }).result;
    return store;
  };
  // The base of the tests answers 7 in four of ten attempts.
  const known = await runWith({ ...arithmetic, truth: () => '7' });
  const unknown = await runWith({ ...arithmetic, truth: () => null });
  expect(weightFiles(unknown.dir)).toEqual(weightFiles(known.dir));
  expect(unknown.partials(ENTRANCE, 1)).toEqual(known.partials(ENTRANCE, 1));
  expect(metricNames(known, 'verify')).toContain('verdicts/auc/verifier');
  expect(metricNames(unknown, 'verify')).not.toContain('verdicts/auc/verifier');
});

it('is off by default, in runs of older versions too', () => {
  expect(hasVerifier(shortConfig(base))).toBe(false);
});
