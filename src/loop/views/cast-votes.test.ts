/** Votes on other wordings, and the gates on them, in whole runs on the scripted engine. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import createScriptedEngine from '../../../test/engines/scripted/index.ts';
import { recordingEngine } from '../../../test/fixtures/recording-engine.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { ConfigInput } from '../../config/schema.ts';
import { arithmetic } from '../../domains/arithmetic/domain.ts';
import type { Domain } from '../../domains/domain.ts';
import { ConfigError } from '../../errors.ts';
import { deriveSeed } from '../../random.ts';
import type { RunStore } from '../../store/store.ts';
import type { Attempt, Question } from '../../types.ts';
import { evolve, resume } from '../evolve.ts';
import { Killed, killedAt, memoryRun, remains, shortConfig } from '../loop.contract.ts';
import { PLANTED_VOTES, POOL_VOTES, type QuestionVotes } from '../partials.ts';

let root: string;
let base: string;
let runs = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'rzero-wordings-'));
  base = join(root, 'base');
  await writeArithmeticBase(base);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const newStore = (over: ConfigInput): RunStore => memoryRun(join(root, `run-${++runs}`), shortConfig(base, over));

async function runWith(over: ConfigInput, domain?: Domain): Promise<RunStore> {
  const store = newStore(over);
  await evolve({ config: shortConfig(base, over), store, domain }).result;
  return store;
}

const VIEWS = {
  iterations: 1,
  votes: { count: 6, chunk: 6, maxTokens: 6, views: 0.5 },
  filter: { minQuestions: 1, minAgreement: 0.3, maxAgreement: 0.8 },
} satisfies ConfigInput;

const votesOf = (store: RunStore): Map<string, QuestionVotes> =>
  new Map(store.partials(POOL_VOTES, 1).flatMap(({ value }) => value.map((one) => [one.id, one])));
const attemptsAt = (store: RunStore, { id }: Question): Attempt[] =>
  store.attempts({ iteration: 1 }).filter(({ questionId }) => questionId === id);
const metric = (store: RunStore, name: string): number | undefined =>
  store.metrics({ iteration: 1, name }).at(-1)?.value;
const share = <T>(items: readonly T[], holds: (item: T) => boolean): number =>
  items.filter(holds).length / items.length;

/** The share of votes for an answer; the scripted Solver writes single digits, so texts are compared. */
const supportOf = (attempts: readonly Attempt[], label: string | null): number =>
  share(attempts, ({ vote }) => vote === label);

describe('votes on other wordings', () => {
  it('are half of the votes on a question that has any, and count for its label', async () => {
    const store = await runWith(VIEWS);
    const { seed } = store.meta().config;
    const voted = store.labels(1).filter(({ tally }) => tally.attempts > 0);
    const withViews = voted.filter(({ question }) => votesOf(store).get(question.id)?.views !== null);
    expect(withViews.length).toBeGreaterThan(3);
    expect(withViews.length).toBeLessThan(voted.length);
    for (const { question, tally } of voted) {
      const attempts = attemptsAt(store, question);
      const [own, others] = [true, false].map((isOwn) =>
        attempts.filter(({ wording }) => (wording === undefined) === isOwn),
      );
      expect(attempts.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(tally).toMatchObject({ attempts: 6, agreement: supportOf(attempts, tally.label) });
      const texts = arithmetic
        .views(question.text, 3, deriveSeed(seed, 'wordings', question.id))
        .map(({ text }) => text);
      const views = votesOf(store).get(question.id)?.views;
      if (texts.length === 0) expect({ views, others }).toEqual({ views: null, others: [] });
      else {
        expect(own).toHaveLength(3);
        expect(new Set(others.map(({ wording }) => wording))).toEqual(new Set(texts));
        expect(views).toMatchObject({ own: supportOf(own, tally.label), others: supportOf(others, tally.label) });
      }
    }
  });

  it('ask each wording once, with a seed of its own, and the own words as without them', async () => {
    const over = { ...VIEWS, votes: { ...VIEWS.votes, wordings: 2 } };
    const store = newStore(over);
    const { engine, calls } = recordingEngine(await createScriptedEngine(), () => store.cursor());
    await evolve({ config: shortConfig(base, over), store, engine }).result;
    await engine.close();
    const asked = calls.flatMap((call) => (call.verb === 'sample' && call.at.stage === 'vote' ? call.requests : []));
    const { seed } = store.meta().config;
    const expected = store.labels(1).flatMap(({ question: { id, text }, tally }) => {
      if (tally.attempts === 0) return [];
      const views = arithmetic.views(text, 2, deriveSeed(seed, 'wordings', id));
      const votes = views.length === 2 ? [2, 1] : [3];
      const own = { seed: deriveSeed(seed, 'vote', id), n: views.length === 0 ? 6 : 3 };
      return [own, ...views.map((_, at) => ({ seed: deriveSeed(seed, 'wording-vote', id, at), n: votes[at] }))];
    });
    expect(asked.map(({ seed: one, n }) => ({ seed: one, n }))).toEqual(expected);
  });

  it('are cast for the reward of the Challenger as well', async () => {
    const store = await runWith(VIEWS);
    const posed = store.questions({ iteration: 1, origin: 'training' });
    const wordings = posed.flatMap((question) => attemptsAt(store, question).map(({ wording }) => wording));
    expect(share(wordings, (wording) => wording === undefined)).toBeLessThan(1);
    expect(share(wordings, (wording) => wording === undefined)).toBeGreaterThanOrEqual(0.5);
  });

  it('end like an uninterrupted run after a crash at every commit, with every gate', async () => {
    const over: ConfigInput = {
      ...VIEWS,
      filter: { ...VIEWS.filter, gate: 'views', unreadable: 'drop' },
      challenger: { steps: 1, groups: 4, groupSize: 3, votes: 4, maxTokens: 24, viewsAgree: true },
      solver: { steps: 2, prompts: 2, groupSize: 4, maxTokens: 6, learningRate: 0.3, labelGate: true },
      audit: { planted: 8, views: 4 },
    };
    const uninterrupted = await runWith(over);
    const store = newStore(over);
    for (let deaths = 0; ; deaths++) {
      try {
        await resume(store.dir, { store: killedAt(store, 1, 'before') }).result;
        break;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        expect(deaths).toBeLessThan(200);
      }
    }
    expect(remains(store)).toEqual(remains(uninterrupted));
    expect(store.summary()?.outcome).toBe('finished');
    expect(metric(store, 'solver/label_gate/passed')).toBeDefined();
  });
});

describe('the gates', () => {
  const GATED = { ...VIEWS, filter: { ...VIEWS.filter, gate: 'views', unreadable: 'drop' } } satisfies ConfigInput;

  it('drop questions without other wordings and those with another answer on them, and count them', async () => {
    const store = await runWith(GATED);
    const votes = votesOf(store);
    const labels = store.labels(1);
    const kept = labels.filter(({ dropped }) => dropped === null);
    expect(kept.length).toBeGreaterThan(0);
    for (const { question } of kept) expect(votes.get(question.id)?.views).toMatchObject({ agree: true });
    const disagree = labels.filter(({ dropped }) => dropped === 'views-disagree');
    expect(disagree.length).toBeGreaterThan(0);
    for (const { question } of disagree) expect(votes.get(question.id)?.views).toMatchObject({ agree: false });
    const unreadable = labels.filter(({ dropped }) => dropped === 'unreadable');
    expect(unreadable.length).toBeGreaterThan(0);
    for (const { question, tally } of unreadable) {
      expect(votes.get(question.id)?.views).toBeNull();
      expect(tally.attempts).toBe(0);
    }
    expect(metric(store, 'pool/dropped/unreadable')).toBe(unreadable.length);
    expect(metric(store, 'pool/dropped/views_disagree')).toBe(disagree.length);
    const asked = [...votes.values()].map(({ views }) => views);
    expect(metric(store, 'pool/views/unreadable')).toBe(share(asked, (views) => views === null));
  });

  it('apply to planted questions, so that these still estimate the kept labels', async () => {
    const store = await runWith({ ...GATED, audit: { planted: 16 } });
    const planted = store.partials(PLANTED_VOTES, 1).flatMap(({ value }) => value);
    const inBand = planted.filter(({ tally: { agreement } }) => agreement >= 0.3 && agreement <= 0.8);
    const passing = inBand.filter(({ views }) => views?.agree === true);
    expect(passing.length).toBeLessThan(inBand.length);
    expect(metric(store, 'audit/planted/in_band')).toBe(passing.length);
  });

  it('pay the Challenger nothing where the halves differ, or where there are no other wordings', async () => {
    const challenger = { steps: 1, groups: 8, groupSize: 3, votes: 4, maxTokens: 24, viewsAgree: true };
    const store = await runWith({ ...GATED, challenger });
    const [agree, uncertainty] = ['views', 'uncertainty'].map((part) =>
      store
        .rollouts({ role: 'challenger', iteration: 1 })
        .flatMap(({ rollouts }) => rollouts.map(({ parts }) => parts[part])),
    );
    expect(agree.filter((one) => one === 0).length).toBeGreaterThan(0);
    for (const [at, one] of agree.entries()) if (one === 0) expect(uncertainty[at]).toBe(0);
    const posed = store.questions({ iteration: 1, origin: 'training' });
    const unread = posed.filter((one) => one.invalid === null && arithmetic.views(one.text, 2, 1).length === 0);
    expect(unread.length).toBeGreaterThan(0);
    for (const one of unread) expect(attemptsAt(store, one)).toEqual([]);
    expect(uncertainty.some((one) => one > 0)).toBe(true);
  });

  it('let the Solver learn nothing from a group whose majority is not its label', async () => {
    const solver = { steps: 3, prompts: 4, groupSize: 5, maxTokens: 6, learningRate: 0.3, labelGate: true };
    const store = await runWith({ ...VIEWS, votes: { count: 6, chunk: 6, maxTokens: 6 }, solver });
    const groups = store.rollouts({ role: 'solver', iteration: 1 });
    const rightOf = (rollouts: (typeof groups)[number]['rollouts']): number =>
      rollouts.filter(({ parts }) => parts.correct === 1).length;
    const minority = groups.filter(({ rollouts }) => rightOf(rollouts) > 0 && rightOf(rollouts) < 2);
    expect(minority.length).toBeGreaterThan(0);
    expect(minority.some(({ rollouts }) => rollouts.every(({ advantage }) => advantage === 0))).toBe(true);
    const majority = groups.filter(({ rollouts }) => rightOf(rollouts) >= 3 && rightOf(rollouts) < 5);
    for (const { rollouts } of majority) expect(rollouts.every(({ advantage }) => advantage !== 0)).toBe(true);
    expect(store.metrics({ iteration: 1, name: 'solver/label_gate/passed' })).toHaveLength(3);
  });
});

describe('wordings of the Challenger', () => {
  const ASKED = { ...VIEWS, votes: { ...VIEWS.votes, viewsFrom: 'challenger', wordings: 1 } } satisfies ConfigInput;
  const { views: _, ...plain } = arithmetic;
  // The scripted Challenger answers this prompt with a new question.
  const rewording: Domain = { ...plain, name: 'rewording', version: '1', rewordMessages: plain.challengerMessages };

  it('are asked of it, and count where all votes on them name one answer', async () => {
    const store = await runWith({ ...ASKED, challenger: { steps: 1, groups: 4, groupSize: 3, votes: 4 } }, rewording);
    const voted = store.labels(1).filter(({ tally }) => tally.attempts > 0);
    const accepted = voted.filter(({ question }) => votesOf(store).get(question.id)?.views !== null);
    expect(accepted.length).toBeGreaterThan(0);
    expect(accepted.length).toBeLessThan(voted.length);
    for (const { question, tally } of voted) {
      const others = attemptsAt(store, question).filter(({ wording }) => wording !== undefined);
      expect(new Set(others.map(({ vote }) => vote)).size).toBe(
        accepted.some((one) => one.question === question) ? 1 : 0,
      );
      expect(tally.attempts).toBe(3 + others.length);
      for (const { wording } of others) expect(wording).not.toBe(question.text);
    }
  });

  it('need a domain that asks for them, as the domain’s own wordings need one that has them', async () => {
    await expect(runWith(ASKED, { ...plain, name: 'plain', version: '1' })).rejects.toThrow(ConfigError);
    await expect(runWith(VIEWS, { ...plain, name: 'plain', version: '1' })).rejects.toThrow(
      'votes.views = 0.5 needs a domain that words questions in other ways',
    );
  });
});
