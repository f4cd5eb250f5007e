import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import createScriptedEngine from '../../../test/engines/scripted/index.ts';
import { writeArithmeticBase } from '../../../test/fixtures/scripted/arithmetic-base.ts';
import { resolveConfig } from '../../config/load.ts';
import { arithmetic } from '../../domains/arithmetic/domain.ts';
import { math } from '../../domains/math/domain.ts';
import { loadTokenizer } from '../../models/tokenizer/tokenizer.ts';
import {
  askVerdicts,
  isJudgeable,
  readVerdict,
  type VerdictContext,
  verdictPrompt,
  verdictTokens,
} from './ask-verdicts.ts';
import { checkReward, trustedQuestions } from './train-by-checks.ts';
import { evidenceOfStep, groupedByQuestion } from './train-verifier.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-verdicts-'));
let ctx: VerdictContext;
beforeAll(async () => {
  await writeArithmeticBase(root);
  const config = resolveConfig({ set: ['verifier.kind=token'] });
  ctx = { config, domain: arithmetic, maxContext: 64, tokenizer: await loadTokenizer(root) };
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const ATTEMPT = { question: 'Compute 1 + 2.', attempt: '\\boxed{3}' };

it('shows question and attempt in either order, and opens a one-token verdict only', () => {
  const text = (context: VerdictContext, attemptFirst: boolean): string =>
    context.tokenizer.decode(verdictPrompt(context, { ...ATTEMPT, attemptFirst }));
  expect(text(ctx, false)).toContain('Compute 1 + 2.\n\\boxed{3}');
  expect(text(ctx, true)).toContain('\\boxed{3}\nCompute 1 + 2.');
  expect(text(ctx, false).endsWith('\\boxed{')).toBe(true);
  const generative = { ...ctx, config: resolveConfig({ set: ['verifier.kind=generative'] }) };
  expect(text(generative, false).endsWith('\\boxed{')).toBe(false);
});

it('scores an attempt by the probability of yes against no', async () => {
  const engine = await createScriptedEngine();
  const verifier = await engine.openSampler({ kind: 'base', path: root });
  const [score] = await askVerdicts(ctx, verifier, [ATTEMPT], { seed: 1, ctl: {} });
  // The base of the tests guesses the digit 1 with a weight of .03, and 0 with .02.
  expect(score).toBeCloseTo(0.03 / 0.05, 5);
  expect(await askVerdicts(ctx, verifier, [], { seed: 1, ctl: {} })).toEqual([]);
  // An attempt that does not fit into the context is not asked, and changes no other score.
  const long = { ...ATTEMPT, attempt: '7 '.repeat(64) };
  const [, unknown, again] = await askVerdicts(ctx, verifier, [ATTEMPT, long, ATTEMPT], { seed: 1, ctl: {} });
  expect([unknown, again]).toEqual([0.5, score]);
  const exact = { ...ctx, maxContext: verdictPrompt(ctx, ATTEMPT).length + 1 };
  expect(isJudgeable(exact, ATTEMPT)).toBe(true);
  expect(isJudgeable({ ...exact, maxContext: exact.maxContext - 1 }, ATTEMPT)).toBe(false);
  await engine.close();
});

it('refuses a verdict of several tokens', () => {
  const verification = { ...arithmetic.verification, yes: '10' };
  const broken = { ...ctx, domain: { ...arithmetic, verification } };
  expect(() => verdictTokens(broken)).toThrow('is not one token of this model');
  expect(ctx.tokenizer.decode(Int32Array.of(verdictTokens(ctx).yes))).toBe('1');
});

it('reads the last verdict of a check', () => {
  const { verification } = math;
  if (verification === undefined) throw new Error('the domain asks for verdicts');
  const read = (check: string): boolean | null => readVerdict(verification, check);
  expect(read('first \\boxed{1}, no: \\boxed{0}')).toBe(false);
  expect(read('so \\boxed{1}')).toBe(true);
  expect(read('so \\boxed{yes}')).toBeNull();
  expect([read('\\boxed{12}'), read('\\boxed{0.5}'), read('\\boxed{1.')]).toEqual([null, null, true]);
  expect(read('I cannot say')).toBeNull();
});

it('pays a check for its form and for the presumed verdict', () => {
  expect(checkReward(true, true)).toEqual({ reward: 2, parts: { form: 1, verdict: 1 } });
  expect(checkReward(true, false)).toEqual({ reward: 1, parts: { form: 1, verdict: 0 } });
  expect(checkReward(null, false)).toEqual({ reward: 0, parts: { form: 0, verdict: 0 } });
});

it('trusts questions of which more checks of right attempts say right than wrong', () => {
  const evidence = [
    { questionId: 'a', isRight: true },
    { questionId: 'a', isRight: false },
    { questionId: 'b', isRight: true },
    { questionId: 'c', isRight: true },
    { questionId: 'd', isRight: false },
  ];
  const verdicts = [
    [true, true, false],
    [false, false, false],
    [true, false, null],
    [null, true, null],
    [true, true],
  ];
  expect(trustedQuestions(evidence, verdicts)).toEqual(new Set(['a', 'c']));
});

it('uses all questions before it repeats one, and keeps the evidence of a question together', () => {
  const evidence = Array.from({ length: 14 }, (_, at) => ({
    questionId: `q${at % 7}`,
    question: '?',
    attempt: String(at),
    isRight: at < 7,
    source: 'majority' as const,
    weight: 0.5,
  }));
  const questions = groupedByQuestion(evidence);
  expect(questions.map((group) => group.length)).toEqual(Array.from({ length: 7 }, () => 2));
  const steps = Array.from({ length: 7 }, (_, step) =>
    evidenceOfStep(questions, { iteration: 1, step }, { seed: 3, size: 3 }),
  );
  for (const step of steps) expect(step.filter(({ isRight }) => isRight)).toHaveLength(3);
  const order = steps
    .flat()
    .filter(({ isRight }) => isRight)
    .map(({ questionId }) => questionId);
  for (let round = 0; round < 3; round++) {
    expect(new Set(order.slice(7 * round, 7 * round + 7)).size).toBe(7);
  }
  expect(evidenceOfStep(questions, { iteration: 1, step: 0 }, { seed: 3, size: 50 })).toHaveLength(14);
});
