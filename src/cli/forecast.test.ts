import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import type { DecoderConfig } from '../models/decoder-config.ts';
import type { MemoryForecast } from '../engine/kind.ts';
import { arithmetic } from '../domains/arithmetic/domain.ts';
import { math } from '../domains/math/domain.ts';
import { forecast, withTestOf, type Assumptions, type StageForecast } from './forecast.ts';

const DECODER: DecoderConfig = {
  architecture: 'qwen3',
  hidden: 8,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headDim: 4,
  intermediate: 16,
  vocabulary: 32,
  maxPositions: 64,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-6,
  tied: true,
  qkNorm: true,
};

const ASSUMPTIONS: Assumptions = {
  threads: 2,
  slots: 8,
  steps: [
    { sequences: 1, seconds: 0.01 },
    { sequences: 8, seconds: 0.02 },
  ],
  prefill: 0.001,
  opening: 0.1,
  scoring: 0.001,
  training: 0.004,
  updating: 0.1,
  writing: 1e-9,
  posing: 10,
  solving: 12,
  solvingShared: 0,
  question: null,
  answer: null,
  lengthShare: 0.5,
  forced: true,
};
const MEMORY: MemoryForecast = { parts: [{ name: 'weights', bytes: 5 }], bytes: 5 };

describe('forecast', () => {
  const config = resolveConfig({
    set: [
      'iterations=2',
      'challenger.steps=3',
      'challenger.groups=4',
      'challenger.groupSize=2',
      'challenger.votes=5',
      'pool.questions=20',
      'votes.count=6',
      'solver.steps=7',
      'solver.prompts=2',
      'solver.groupSize=3',
      'evaluation.questions=9',
      'evaluation.samples=4',
      'evaluation.forced=true',
    ],
  });

  it('counts the completions of every stage', () => {
    const { stages, completions } = forecast(config, DECODER, ASSUMPTIONS, MEMORY);
    expect(Object.fromEntries(stages.map((stage) => [stage.stage, stage.completions]))).toEqual({
      baseline: 9 * (4 + 1 + 4),
      'train-challenger': 2 * (3 * 8 + 3 * 8 * 5),
      propose: 2 * 20,
      vote: 2 * 20 * 6,
      'train-solver': 2 * 7 * 6,
      evaluate: 2 * 9 * (4 + 1 + 4),
    });
    expect(completions).toBe(81 + 288 + 40 + 240 + 84 + 162);
  });

  it('counts the work of the Verifier', () => {
    const dials = { steps: 3, prompts: 4, pairs: 2, fresh: 5, freshVotes: 3, groupSize: 6, checks: 2 };
    const stagesOf = (kind: 'token' | 'generative'): Record<string, StageForecast> => {
      const judged = {
        ...config,
        solver: { ...config.solver, verifierWeight: 0.5 },
        verifier: { ...config.verifier, ...dials, kind },
      };
      const { stages } = forecast(judged, DECODER, { ...ASSUMPTIONS, answer: 8 }, MEMORY);
      return Object.fromEntries(stages.map((stage) => [stage.stage, stage]));
    };
    const [token, generative] = [stagesOf('token'), stagesOf('generative')];
    expect(Object.keys(token).slice(3, 6)).toEqual(['vote', 'train-verifier', 'verify']);
    // The prompt has the question and an attempt; the verdict is one token.
    expect(token['train-verifier']).toMatchObject({ completions: 0, trained: 2 * 3 * 16 * (12 + 8 + 1) });
    expect(generative['train-verifier'].completions).toBe(2 * 3 * 16 * 6);
    expect(token.verify.completions).toBe(2 * (15 + 6 * 15 + 20 * 6));
    expect(generative.verify.completions).toBe(2 * (15 + 2 * (6 * 15 + 20 * 6)));
    expect(token['train-solver'].completions).toBe(2 * (7 * 6 + 7 * 6));
    expect(token.verify.seconds).toBeGreaterThan(0);
  });

  it('counts the votes of the audit by other wordings, with a prompt for each', () => {
    const audited = { ...config, audit: { ...config.audit, views: 8 } };
    const [plain, other] = [config, audited].map((one) => forecast(one, DECODER, ASSUMPTIONS, MEMORY));
    const filter = other.stages.find(({ stage }) => stage === 'filter');
    expect(filter?.completions).toBe(2 * 8 * 6);
    expect(other.completions).toBe(plain.completions + 96);
    const planted = { ...audited, audit: { ...audited.audit, planted: 3 } };
    expect(forecast(planted, DECODER, ASSUMPTIONS, MEMORY).completions).toBe(other.completions + 2 * 6 * (3 + 3));
  });

  it('counts the wordings that the Challenger is asked for, and a prompt for each', () => {
    const votes = { ...config.votes, views: 0.5, wordings: 1 };
    const stagesOf = (over: Partial<typeof votes>): Map<string, StageForecast> =>
      new Map(
        forecast({ ...config, votes: { ...votes, ...over } }, DECODER, ASSUMPTIONS, MEMORY).stages.map((one) => [
          one.stage,
          one,
        ]),
      );
    const [own, asked] = [stagesOf({}), stagesOf({ viewsFrom: 'challenger' })];
    const plain = stagesOf({ views: 0 });
    expect(own.get('vote')?.completions).toBe(2 * 20 * 6);
    expect(own.get('vote')?.seconds).toBeGreaterThan(plain.get('vote')?.seconds ?? Infinity);
    expect(asked.get('vote')?.completions).toBe(2 * 20 * (6 + 1));
    expect(asked.get('train-challenger')?.completions).toBe(2 * (3 * 8 + 3 * 8 * (5 + 1)));
  });

  it('takes the lengths of an earlier run, as far as the limit allows', () => {
    const measured = { ...ASSUMPTIONS, question: 7, answer: 1e6 };
    const sampled = forecast(config, DECODER, measured, MEMORY).stages.map((stage) => stage.sampled);
    const { votes, solver, evaluation } = config;
    const challenger = 2 * 3 * 8 * (7 + 5 * votes.maxTokens);
    const tests = 81 * evaluation.maxTokens;
    expect(sampled).toEqual([
      tests,
      challenger,
      2 * 20 * 7,
      2 * 20 * 6 * votes.maxTokens,
      2 * 7 * 6 * solver.maxTokens,
      2 * tests,
    ]);
  });

  it('counts nothing for an untrained Challenger', () => {
    const untrained = { ...config, challenger: { ...config.challenger, train: false } };
    const stage = forecast(untrained, DECODER, ASSUMPTIONS, MEMORY).stages.find(
      ({ stage }) => stage === 'train-challenger',
    );
    expect(stage).toMatchObject({ completions: 0, sampled: 0, trained: 0, seconds: 0 });
  });

  it('takes longer on a slower machine', () => {
    const seconds = (slower: Partial<Assumptions>): number =>
      forecast(config, DECODER, { ...ASSUMPTIONS, ...slower }, MEMORY).seconds;
    const steps = ASSUMPTIONS.steps.map((step) => ({ ...step, seconds: 2 * step.seconds }));
    const slower = [{ steps }, { prefill: 1 }, { opening: 1 }, { training: 1 }, { updating: 1 }];
    for (const one of slower) expect(seconds(one)).toBeGreaterThan(seconds({}));
  });

  it('runs once what all prompts of the Solver begin with', () => {
    const seconds = (more: Partial<Assumptions>): number[] =>
      forecast(config, DECODER, { ...ASSUMPTIONS, ...more }, MEMORY).stages.map((stage) => stage.seconds);
    const [whole, shared] = [{ sharedFrom: 10 }, { sharedFrom: 10, solvingShared: 10 }].map(seconds);
    // Tokens that no longer run: in each call, all prompts but one. The stages are those of the first test.
    const saved = [3 * 8, 2 * 3 * 7, 0, 2 * 19, 2 * 7 * 1, 2 * 3 * 8].map((prompts) => prompts * 10 * 0.001);
    expect(whole.map((value, at) => value - shared[at])).toEqual(saved.map((value) => expect.closeTo(value, 9)));
  });

  it('counts what an adapter saves', () => {
    const adapt = { ...config.adapt, method: 'lora' as const, rank: 2, targets: ['q_proj' as const] };
    const [whole, adapted] = [config, { ...config, adapt }].map((one) => forecast(one, DECODER, ASSUMPTIONS, MEMORY));
    // In each layer, A is 2 by 8 and B is 8 by 2.
    const trained = 2 * (16 + 16);
    expect([whole.trained, adapted.trained]).toEqual([whole.parameters, trained]);
    // Two iterations keep two roles' factors and moments, and the best keeps its factors.
    expect(adapted.diskBytes).toBe(4 * (2 * 2 * 3 + 1) * trained);
    expect(adapted.seconds).toBeLessThan(whole.seconds);
  });

  it('counts the tokens of every stage', () => {
    const { stages } = forecast(config, DECODER, ASSUMPTIONS, MEMORY);
    const half = (section: { maxTokens: number }): number => section.maxTokens / 2;
    const { challenger, pool, votes, solver, evaluation } = config;
    expect(Object.fromEntries(stages.map(({ stage, sampled, trained }) => [stage, [sampled, trained]]))).toEqual({
      baseline: [81 * half(evaluation), 0],
      'train-challenger': [
        2 * 3 * 8 * (half(challenger) + 5 * half(votes)),
        2 * 3 * 8 * (ASSUMPTIONS.posing + half(challenger)),
      ],
      propose: [2 * 20 * half(pool), 0],
      vote: [2 * 20 * 6 * half(votes), 0],
      'train-solver': [2 * 7 * 6 * half(solver), 2 * 7 * 6 * (ASSUMPTIONS.solving + half(solver))],
      evaluate: [2 * 81 * half(evaluation), 0],
    });
  });

  it('counts no held-out test where the domain has none, and no more questions than it has', () => {
    const includes = (): boolean => false;
    expect(withTestOf(math, config).evaluation.questions).toBe(0);
    expect(withTestOf(arithmetic, config)).toEqual(config);
    const two = { questions: (count: number) => arithmetic.heldOut?.questions(Math.min(2, count)) ?? [], includes };
    expect(withTestOf({ heldOut: two }, config).evaluation.questions).toBe(2);
    const { stages } = forecast(withTestOf(math, config), DECODER, ASSUMPTIONS, MEMORY);
    expect(stages.filter(({ stage }) => stage === 'baseline' || stage === 'evaluate')).toMatchObject([
      { completions: 0, seconds: 0 },
      { completions: 0, seconds: 0 },
    ]);
  });
});
