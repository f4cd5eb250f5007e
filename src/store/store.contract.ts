/** Contract tests of every RunStore. Call `storeContract` in the test file of an implementation. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { resolveConfig } from '../config/load.ts';
import { StoreError } from '../errors.ts';
import {
  sampleAttempt,
  sampleEvaluation,
  sampleGroup,
  sampleLabel,
  sampleMeta,
  sampleQuestion,
  sampleStep,
  sampleSummary,
} from './samples.contract.ts';
import { type PartialKind, partialResult } from './partials.ts';
import type { RunStore, Unit } from './store.ts';

const NUMBERS: PartialKind<number[]> = { name: 'numbers', schema: z.array(z.number()) };
const WORDS: PartialKind<{ word: string }> = { name: 'words', schema: z.object({ word: z.string() }) };

/**
 * `create` makes a new run of `sampleMeta`. `reopen` closes a store and opens the same run again, or returns the same
 * object if the run exists only in memory.
 */
export function storeContract(name: string, create: () => RunStore, reopen: (store: RunStore) => RunStore): void {
  describe(`store contract: ${name}`, () => {
    const cursor = { iteration: 1, stage: 'vote', step: 2 } as const;

    it('starts at the baseline, empty', () => {
      const store = reopen(create());
      expect(store.cursor()).toEqual({ iteration: 0, stage: 'baseline', step: 0 });
      expect(store.meta()).toEqual(sampleMeta);
      expect(dump(store)).toEqual({ ...emptyDump, cursor: store.cursor() });
      store.close();
    });

    it('returns every part of a unit after reopening', () => {
      const first = create();
      const unit = fullUnit();
      first.commit(unit);
      const store = reopen(first);
      expect(store.cursor()).toEqual(unit.cursor);
      expect(store.questions({ iteration: 1, origin: 'pool' })).toEqual(unit.questions);
      expect(store.attempts({ iteration: 1 })).toEqual(unit.attempts);
      expect(store.poolOutcomes(1)).toEqual(
        unit.attempts?.map(({ questionId, vote, stop }) => ({ questionId, vote, stop })),
      );
      expect(store.labels(1)).toEqual(unit.labels);
      expect(store.rollouts({ role: 'solver', iteration: 1 })).toEqual(unit.rollouts);
      expect(store.metrics()).toEqual(unit.metrics);
      expect(store.evaluations()).toEqual([unit.evaluation]);
      expect(store.partials(NUMBERS, 1)).toEqual([{ step: 3, value: [1, 2] }]);
      expect(store.partials(WORDS, 1)).toEqual([{ step: 3, value: { word: 'a "b"' } }]);
      expect(store.weights('solver', 1)).toEqual(unit.weights);
      expect(store.summary()).toEqual(unit.summary);
      store.close();
    });

    it('a new number of iterations changes the config and discards the summary', () => {
      const first = create();
      first.commit({ ...fullUnit(), summary: sampleSummary('finished') });
      const cursor = { iteration: 3, stage: 'train-challenger', step: 0 } as const;
      first.commit({ cursor, iterations: 7 });
      const store = reopen(first);
      expect(store.meta()).toEqual({ ...sampleMeta, config: { ...sampleMeta.config, iterations: 7 } });
      expect([store.summary(), store.cursor()]).toEqual([null, cursor]);
      expect(store.evaluations()).toEqual([fullUnit().evaluation]);
      store.close();
    });

    it('new settings of the engine change the config and keep the rest', () => {
      const first = create();
      first.commit({ ...fullUnit(), summary: sampleSummary('finished') });
      const cursor = first.cursor();
      const { engine } = resolveConfig({ set: ['engine.kind=tinker', 'engine.budget.tokens=5'] });
      first.commit({ cursor, engine });
      const store = reopen(first);
      expect(store.meta()).toEqual({ ...sampleMeta, config: { ...sampleMeta.config, engine } });
      expect([store.summary(), store.cursor()]).toEqual([sampleSummary('finished'), cursor]);
      store.close();
    });

    it('records every session, and how it ended', () => {
      const first = create();
      const end = first.beginSession();
      end({ outcome: 'failed', reason: 'broken\nRepair it.' });
      const store = reopen(first);
      store.beginSession();
      const [failed, open, ...rest] = store.sessions();
      expect(rest).toEqual([]);
      expect(failed).toMatchObject({ number: 1, end: { outcome: 'failed', reason: 'broken\nRepair it.' } });
      expect(Date.parse(failed.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(failed.startedAt));
      expect(open).toMatchObject({ number: 2, endedAt: null, end: null });
      expect(store.cursor()).toEqual({ iteration: 0, stage: 'baseline', step: 0 });
      store.close();
    });

    it('returns what a training step was computed from, with its rewards and advantages', () => {
      const first = create();
      const [group, other] = [sampleGroup(), sampleGroup({ group: 1 })];
      other.rollouts[1] = { ...other.rollouts[1], stop: 'length' };
      const trained = sampleStep(2);
      first.commit({ cursor, rollouts: [group, other], trained });
      const store = reopen(first);
      const found = store.trainingStep({ role: 'solver', iteration: 1, step: 0 });
      const rollouts = [group.rollouts, other.rollouts];
      expect(found).toEqual({
        ...trained,
        groups: trained.groups.map(({ prompt, completions }, at) => ({
          prompt,
          completions: completions.map((sampled, index) => {
            const { stop, reward, advantage } = rollouts[at][index];
            return { ...sampled, stop, stopToken: stop === 'stop' ? sampled.tokens.at(-1) : null, reward, advantage };
          }),
        })),
      });
      expect(found?.groups[1].completions[1].stopToken).toBeNull();
      expect(store.trainingStep({ role: 'solver', iteration: 1, step: 1 })).toBeNull();
      expect(store.trainingStep({ role: 'challenger', iteration: 1, step: 0 })).toBeNull();
      // Without a KL term, and without tokens, which replaces the record.
      store.commit({ cursor, rollouts: [group], trained: { ...sampleStep(), reference: null } });
      expect(store.trainingStep({ role: 'solver', iteration: 1, step: 0 })?.reference).toBeNull();
      store.commit({ cursor, rollouts: [group] });
      expect(store.trainingStep({ role: 'solver', iteration: 1, step: 0 })).toBeNull();
      store.close();
    });

    it('a unit committed twice changes nothing', () => {
      const store = create();
      store.commit(fullUnit());
      const once = dump(store);
      store.commit(fullUnit());
      expect(dump(store)).toEqual(once);
      store.close();
    });

    it('a later commit of the same keys replaces the values', () => {
      const store = create();
      const question = sampleQuestion();
      store.commit({ cursor, labels: [sampleLabel(question)], rollouts: [sampleGroup()], metrics: [metric('a', 1)] });
      const dropped = sampleLabel(
        { ...question, text: 'Compute 2 + 2.' },
        { dropped: 'duplicate', labelCorrect: null },
      );
      const shorter = sampleGroup({ rollouts: sampleGroup().rollouts.slice(0, 1) });
      store.commit({
        cursor,
        labels: [dropped],
        rollouts: [shorter],
        metrics: [metric('a', 2)],
        summary: sampleSummary('stopped'),
      });
      store.commit({ cursor, summary: sampleSummary('finished') });
      expect(store.labels(1)).toEqual([dropped]);
      expect(store.questions({ iteration: 1, origin: 'pool' })).toEqual([dropped.question]);
      expect(store.rollouts({ role: 'solver', iteration: 1 })).toEqual([shorter]);
      expect(store.metrics()).toEqual([metric('a', 2)]);
      expect(store.summary()?.outcome).toBe('finished');
      store.close();
    });

    it('a rejected unit changes nothing, not even the cursor', () => {
      const store = create();
      store.commit({ cursor, questions: [sampleQuestion()] });
      const before = dump(store);
      const bad: Unit = { ...fullUnit(), cursor: { ...cursor, step: 9 }, attempts: [sampleAttempt('q-nowhere', 0)] };
      expect(() => store.commit(bad)).toThrow(StoreError);
      expect(dump(store)).toEqual(before);
      store.close();
    });

    it('returns questions, attempts and labels in the order of asking, for any order of commits', () => {
      const store = create();
      const asked = [
        sampleQuestion({ step: 0, index: 2 }),
        sampleQuestion({ step: 0, index: 10 }),
        sampleQuestion({ step: 1, index: 0 }),
      ];
      const training = sampleQuestion({ origin: 'training', step: 4 });
      for (const question of asked.toReversed()) {
        store.commit({
          cursor,
          labels: [sampleLabel(question)],
          attempts: [1, 0].map((i) => sampleAttempt(question.id, i)),
        });
      }
      store.commit({ cursor, questions: [training], attempts: [sampleAttempt(training.id, 0)] });
      expect(store.questions({ iteration: 1, origin: 'pool' })).toEqual(asked);
      expect(store.questions({ iteration: 1, origin: 'training' })).toEqual([training]);
      expect(store.labels(1).map((label) => label.question.id)).toEqual(asked.map((question) => question.id));
      const inOrder = asked.flatMap((question) => [0, 1].map((index) => [question.id, index]));
      expect(store.poolOutcomes(1).map((a) => a.questionId)).toEqual(
        store.attempts({ iteration: 1 }).flatMap((a) => (a.questionId === training.id ? [] : [a.questionId])),
      );
      expect(store.attempts({ iteration: 1 }).map((a) => [a.questionId, a.index])).toEqual([
        [training.id, 0],
        ...inOrder,
      ]);
      store.close();
    });

    it('earlier question texts come from earlier pools, without empty ones', () => {
      const store = create();
      const questions = [
        sampleQuestion({ iteration: 2, text: 'two' }),
        sampleQuestion({ iteration: 1, index: 1, text: 'one, second' }),
        sampleQuestion({ iteration: 1, index: 0, text: 'one, first' }),
        sampleQuestion({ iteration: 1, index: 2, text: '', invalid: 'no-question' }),
        sampleQuestion({ iteration: 1, origin: 'training', text: 'while training' }),
        sampleQuestion({ iteration: 3, text: 'three' }),
      ];
      store.commit({ cursor, questions });
      expect(store.earlierQuestionTexts(1)).toEqual([]);
      expect(store.earlierQuestionTexts(3)).toEqual(['one, first', 'one, second', 'two']);
      store.close();
    });

    it('filters rollouts by role, iteration and step, and metrics by any of their names', () => {
      const store = create();
      const groups = [sampleGroup({ step: 1, group: 1 }), sampleGroup({ step: 1, group: 0 }), sampleGroup({ step: 0 })];
      store.commit({
        cursor,
        rollouts: [...groups, sampleGroup({ role: 'challenger', label: null }), sampleGroup({ iteration: 2 })],
      });
      const places = (step?: number) =>
        store.rollouts({ role: 'solver', iteration: 1, step }).map((g) => [g.step, g.group]);
      expect(places()).toEqual([
        [0, 0],
        [1, 0],
        [1, 1],
      ]);
      expect(places(1)).toEqual([
        [1, 0],
        [1, 1],
      ]);
      expect(store.rollouts({ role: 'challenger', iteration: 1 })[0].label).toBeNull();

      const metrics = [
        metric('a', 1),
        metric('b', 2),
        { ...metric('a', 3), iteration: 2 },
        { ...metric('a', 4), stage: 'vote' as const },
      ];
      store.commit({ cursor, metrics });
      const values = (filter: Parameters<RunStore['metrics']>[0]) => store.metrics(filter).map((m) => m.value);
      expect(values(undefined)).toEqual([1, 2, 3, 4]);
      expect(values({ name: 'a' })).toEqual([1, 3, 4]);
      expect(values({ iteration: 1, stage: 'train-solver' })).toEqual([1, 2]);
      store.close();
    });

    it('the newest weights of a role in an iteration are those of its last step', () => {
      const store = create();
      for (const [role, iteration, step] of [
        ['solver', 1, 10],
        ['solver', 1, 9],
        ['challenger', 1, 2],
        ['solver', 2, 1],
      ] as const) {
        store.commit({ cursor, weights: { role, iteration, step, state: `weights/${role}-${iteration}-${step}` } });
      }
      expect(store.weights('solver', 1)?.step).toBe(10);
      expect(store.weights('challenger', 2)).toBeNull();
      expect(store.allWeights().map((w) => w.state)).toEqual([
        'weights/challenger-1-2',
        'weights/solver-1-9',
        'weights/solver-1-10',
        'weights/solver-2-1',
      ]);
      store.close();
    });

    it('forgets the weights of one phase only', () => {
      const store = create();
      const record = (role: 'challenger' | 'solver', iteration: number, step: number) => ({
        role,
        iteration,
        step,
        state: `weights/${role}-${iteration}-${step}`,
      });
      for (const [role, iteration, step] of [
        ['solver', 1, 1],
        ['solver', 1, 2],
        ['solver', 2, 1],
        ['challenger', 1, 1],
      ] as const)
        store.commit({ cursor, weights: record(role, iteration, step) });
      store.commit({ cursor, forget: { role: 'solver', iteration: 1 } });
      expect(store.weights('solver', 1)).toBeNull();
      expect(store.allWeights()).toEqual([record('challenger', 1, 1), record('solver', 2, 1)]);
      store.commit({ cursor, forget: { role: 'solver', iteration: 2 }, weights: record('solver', 2, 5) });
      expect(store.weights('solver', 2)).toEqual(record('solver', 2, 5));
      store.close();
    });

    it('rejects a role that it was not opened for, and stores nothing of the unit', () => {
      const store = create();
      const units: Unit[] = [
        { cursor, weights: { role: 'referee', iteration: 1, step: 1, state: 'weights/referee-1' } },
        { cursor, rollouts: [sampleGroup({ role: 'referee' })] },
        { cursor, trained: { ...sampleStep(), role: 'referee' } },
      ];
      for (const unit of units) expect(() => store.commit(unit)).toThrow('its roles are challenger, solver');
      for (const unit of units) expect(() => store.commit(unit)).toThrow(StoreError);
      expect(dump(store)).toEqual({ ...emptyDump, cursor: store.cursor() });
      expect(store.cursor().stage).toBe('baseline');
      store.close();
    });

    it('returns partials by step, and evaluations by iteration', () => {
      const store = create();
      const numbers = (iteration: number, step: number) => [partialResult(NUMBERS, { iteration, step }, [step])];
      for (const step of [2, 0, 1]) store.commit({ cursor, partials: numbers(1, step) });
      store.commit({ cursor, partials: numbers(2, 0) });
      for (const iteration of [1, 0]) store.commit({ cursor, evaluation: sampleEvaluation(iteration, 0.5) });
      expect(store.partials(NUMBERS, 1)).toEqual([0, 1, 2].map((step) => ({ step, value: [step] })));
      expect(store.partials(WORDS, 1)).toEqual([]);
      expect(store.evaluations().map((e) => e.iteration)).toEqual([0, 1]);
      store.close();
    });

    it('rejects a partial result that is damaged or of another shape', () => {
      const store = create();
      const at = { iteration: 1, stage: 'numbers' };
      store.commit({ cursor, partials: [{ ...at, step: 0, json: '[1, ' }] });
      expect(() => store.partials(NUMBERS, 1)).toThrow(StoreError);
      store.commit({ cursor, partials: [{ ...at, step: 0, json: '["one"]' }] });
      expect(() => store.partials(NUMBERS, 1)).toThrow(/"numbers" of iteration 1, step 0, cannot be read/);
      store.commit({ cursor, partials: [partialResult(NUMBERS, { iteration: 1, step: 0 }, [1])] });
      expect(store.partials(NUMBERS, 1)).toEqual([{ step: 0, value: [1] }]);
      store.close();
    });

    it('keeps NaN and infinity, and returns copies', () => {
      const store = create();
      const rollouts = [{ ...sampleGroup().rollouts[0], reward: Number.NaN, advantage: Number.NaN }];
      store.commit({
        cursor,
        metrics: [metric('nan', Number.NaN), metric('inf', Infinity)],
        rollouts: [sampleGroup({ rollouts })],
      });
      expect(store.metrics().map((m) => m.value)).toEqual([Number.NaN, Infinity]);
      const [group] = store.rollouts({ role: 'solver', iteration: 1 });
      expect(group.rollouts[0].reward).toBeNaN();
      group.rollouts.pop();
      expect(store.rollouts({ role: 'solver', iteration: 1 })[0].rollouts).toHaveLength(1);
      store.close();
    });

    it('returns any text and any number to the last bit', () => {
      const store = create();
      const text = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(
          '',
          '\0',
          'a\0b',
          "'; DROP TABLE run; --",
          '\u{1f600}',
          '\u{f0000}0\0\u{f0000}1',
          '\u2028',
          '\ufeffx',
        ),
      );
      // -0 becomes 0.
      const number = fc.double({ noNaN: true }).map((value) => value + 0);
      let step = 0;
      fc.assert(
        fc.property(text, fc.option(text), number, number, (words, vote, reward, part) => {
          step++;
          const question = sampleQuestion({ step, text: words, completion: words, claimed: vote });
          const finite = Number.isFinite(part) ? part : 0;
          const group = sampleGroup({
            step,
            label: vote,
            rollouts: [{ ...sampleGroup().rollouts[0], completion: words, reward, parts: { x: finite } }],
          });
          store.commit({
            cursor,
            questions: [question],
            attempts: [sampleAttempt(question.id, 0, vote)],
            rollouts: [group],
          });
          expect(store.questions({ iteration: 1, origin: 'pool' }).at(-1)).toEqual(question);
          expect(store.attempts({ iteration: 1 }).at(-1)?.vote).toBe(vote);
          expect(store.rollouts({ role: 'solver', iteration: 1, step })).toEqual([group]);
        }),
        { numRuns: 60 },
      );
      store.close();
    });

    it('a lone surrogate becomes the replacement character', () => {
      const store = create();
      store.commit({ cursor, questions: [sampleQuestion({ text: 'a\ud83d' })] });
      expect(store.questions({ iteration: 1, origin: 'pool' })[0].text).toBe('a\ufffd');
      store.close();
    });
  });
}

function metric(name: string, value: number) {
  return { iteration: 1, stage: 'train-solver' as const, step: 0, name, value };
}

function fullUnit(): Unit {
  const questions = [sampleQuestion(), sampleQuestion({ index: 1, text: '', claimed: null, invalid: 'no-question' })];
  const none = { groups: [], label: null, agreement: 0, unanswered: 3, attempts: 3 };
  return {
    cursor: { iteration: 1, stage: 'train-solver', step: 3 },
    questions,
    attempts: [0, 1, 2].map((i) => sampleAttempt(questions[0].id, i, i === 2 ? null : '3')),
    labels: [
      sampleLabel(questions[0]),
      sampleLabel(questions[1], { tally: none, dropped: 'invalid', truth: null, labelCorrect: null }),
    ],
    rollouts: [sampleGroup(), sampleGroup({ group: 1 })],
    trained: sampleStep(2),
    metrics: [metric('solver/reward', 0.1 + 0.2), metric('solver/kl', -1e-300)],
    evaluation: sampleEvaluation(1, 0.6),
    partials: [
      partialResult(NUMBERS, { iteration: 1, step: 3 }, [1, 2]),
      partialResult(WORDS, { iteration: 1, step: 3 }, { word: 'a "b"' }),
    ],
    weights: { role: 'solver', iteration: 1, step: 15, state: 'weights/solver-1' },
    summary: sampleSummary('finished'),
  };
}

const emptyDump = {
  questions: [],
  attempts: [],
  labels: [],
  rollouts: [],
  trained: null,
  metrics: [],
  evaluations: [],
  partials: [],
  weights: [],
  summary: null,
};

/** Everything of iteration 1. */
function dump(store: RunStore) {
  return {
    cursor: store.cursor(),
    questions: store.questions({ iteration: 1, origin: 'pool' }),
    attempts: store.attempts({ iteration: 1 }),
    labels: store.labels(1),
    rollouts: store.rollouts({ role: 'solver', iteration: 1 }),
    trained: store.trainingStep({ role: 'solver', iteration: 1, step: 0 }),
    metrics: store.metrics(),
    evaluations: store.evaluations(),
    partials: [NUMBERS, WORDS].flatMap((kind) => store.partials<unknown>(kind, 1)),
    weights: store.allWeights(),
    summary: store.summary(),
  };
}
