/** The Challenger's stage with hints, on the scripted engine. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import type { RunConfig } from '../../config/schema.ts';
import { arithmetic } from '../../domains/arithmetic/domain.ts';
import type { Domain } from '../../domains/domain.ts';
import { withHint } from '../../domains/parse-task.ts';
import type { Engine } from '../../engine/engine.ts';
import { lengthHinge } from '../../scoring/g-zero/hint-reward.ts';
import type { Question } from '../../types.ts';
import type { RunContext } from '../context.ts';
import { memoryRun, shortConfig } from '../loop.contract.ts';
import { openNewRun } from '../run/open-run.ts';
import { hintPrompts } from './hint-shifts.ts';
import { trainHinter } from './train-hinter.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-hinter-'));
const model = join(root, 'base');
let config: RunConfig;
beforeAll(async () => {
  await writeArithmeticBase(model);
  config = shortConfig(model);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Arithmetic as an open domain: the claimed digit is the length of the hint, so that the scripted base writes both. */
const hinting: Domain = {
  name: 'hinting',
  kind: 'open',
  challengerMessages: arithmetic.challengerMessages,
  solverMessages: arithmetic.solverMessages,
  hintedMessages: (task, hint) => [{ role: 'user', content: withHint(task, hint) }],
  parseQuestion: (completion) => {
    const { text, claimed, invalid } = arithmetic.parseQuestion(completion);
    return { text, claimed: null, invalid, ...(claimed === null ? {} : { hint: 'x'.repeat(1 + Number(claimed)) }) };
  },
  extractAnswer: (completion) => completion,
};

/** Nats that each token of a prompt takes from the log-probability of every token of a response. */
const COST = 0.01;

/** The scripted model sees two tokens only; with this engine, its log-probabilities depend on the whole prompt. */
function longSighted(engine: Engine): Engine {
  return {
    ...engine,
    async openSampler(ref, purpose) {
      const sampler = await engine.openSampler(ref, purpose);
      return {
        ...sampler,
        async score(examples, ctl) {
          const scores = await sampler.score(examples, ctl);
          return scores.map((values, at) => {
            const { mask } = examples[at];
            const prompt = mask.indexOf(1);
            return values.map((value, t) => (mask[t] === 1 ? value - COST * prompt : 0));
          });
        },
      };
    },
  };
}

it('pays for the shift of the Solver, and stores tasks, responses and weights', async () => {
  const store = memoryRun(join(root, 'run'), config);
  store.commit({ cursor: { iteration: 1, stage: 'train-challenger', step: 0 } });
  const run = await openNewRun({ config, store }, { publish: () => {}, stop: new AbortController().signal });
  const ctx: RunContext = { ...run.ctx, domain: hinting, engine: longSighted(run.ctx.engine) };
  const responses = { maxTokens: 6, temperature: 0.7, topP: 1, topK: 0 };
  const trained = await trainHinter(ctx, { iteration: 1, start: ctx.base, solver: ctx.base, responses });
  await run.close();

  expect(trained).toMatchObject({ kind: 'state', id: store.weights('challenger', 1)?.state });
  expect(store.cursor()).toEqual({ iteration: 1, stage: 'propose', step: 0 });
  const questions = store.questions({ iteration: 1, origin: 'training' });
  const rollouts = store.rollouts({ role: 'challenger', iteration: 1 }).flatMap((group) => group.rollouts);
  expect(rollouts).toHaveLength(questions.length);
  const valid = questions.filter(({ invalid }) => invalid === null);
  expect(valid.length).toBeGreaterThan(2);
  const attempts = store.attempts({ iteration: 1 });
  expect(attempts.map(({ questionId }) => questionId)).toEqual(valid.map(({ id }) => id));
  expect(new Set(attempts.map(({ vote }) => vote))).toEqual(new Set([null]));
  for (const [at, { reward, parts }] of rollouts.entries()) {
    if (questions[at].invalid === null) {
      expect(parts).toMatchObject({ format: 1, length: lengthHinge(0) });
      expect(reward).toBeCloseTo(parts.shift - parts.repetition, 12);
    } else {
      expect(reward).toBe(-1 - parts.repetition);
    }
  }
  const shiftOf = ({ id, text, completion }: Question): number => {
    const tasks = { question: { id, text }, hint: hinting.parseQuestion(completion).hint ?? '' };
    const { plain, hinted } = hintPrompts(ctx, tasks);
    return COST * (hinted.length - plain.length);
  };
  expect(new Set(valid.map(shiftOf)).size).toBeGreaterThan(1);
  for (const [at, question] of questions.entries()) {
    if (question.invalid === null) expect(rollouts[at].parts.shift).toBeCloseTo(shiftOf(question), 5);
  }
});
