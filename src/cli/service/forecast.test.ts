import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { costOf, forecastService, secondsOf, type ServiceAssumptions } from './forecast.ts';

/** The lengths of the estimate in the specification of engines: one iteration at the scale of the paper. */
const PAPER: ServiceAssumptions = {
  posing: 200,
  solving: 150,
  question: 350,
  answer: 800,
  lengthShare: 1,
  forced: false,
  chunk: 256,
};

/** Distance from the expected number, as a share of it. */
function apart(value: number, expected: number): number {
  return Math.abs(value - expected) / expected;
}

describe("one iteration with the settings of the paper's code", () => {
  const config = resolveConfig({
    files: ['repo'],
    set: ['iterations=1', 'engine.kind=tinker', 'evaluation.questions=0'],
  });
  const { iteration, stages } = forecastService(config, PAPER);
  const of = (stage: string) => stages.find((one) => one.stage === stage) ?? expect.fail();
  // The estimate counts nine of ten questions as valid; the forecast counts all of them.
  const valid = 0.9;

  it('samples as many tokens as the estimate: 4.3 + 88, 2.8, 52 and 41 million', () => {
    expect(apart(of('train-challenger').sampled, 4.3e6 + 88e6 / valid)).toBeLessThanOrEqual(0.02);
    expect(apart(of('propose').sampled, 2.8e6)).toBeLessThanOrEqual(0.01);
    expect(apart(of('vote').sampled, 52e6 / valid)).toBeLessThanOrEqual(0.01);
    expect(apart(of('train-solver').sampled, 41e6)).toBeLessThanOrEqual(0.01);
    expect(apart(iteration.sampled, 188e6 / valid)).toBeLessThanOrEqual(0.05);
  });

  it('trains 57 million tokens in each of its three passes', () => {
    expect(apart(iteration.trained / 3, 57e6)).toBeLessThanOrEqual(0.05);
  });

  it('makes about 39 thousand sample requests, and those of the reference and the training', () => {
    const scored = 6 * 512 * 4 + 20 * 512 * 5;
    expect(apart(iteration.requests - scored, 39e3)).toBeLessThanOrEqual(0.12);
    const updates = 6 * 32 + 20 * 4;
    expect(updates).toBe(272);
    expect(iteration.requests - scored).toBeGreaterThan(6 * 512 + 6 * 512 * 4 + 8000 + 8000 + 20 * 512 + 3 * updates);
  });

  it('counts the work of the Verifier: two scores per one-token verdict, and a request per attempt that is checked', () => {
    const dials = { steps: 2, prompts: 4, pairs: 2, fresh: 5, freshVotes: 3, groupSize: 6, checks: 2 };
    const of = (kind: 'token' | 'generative') =>
      forecastService({ ...config, verifier: { ...config.verifier, ...dials, kind } }, PAPER).stages;
    const requests = (kind: 'token' | 'generative', stage: string): number =>
      of(kind).find((one) => one.stage === stage)?.requests ?? 0;
    const judged = 6 * 15 + config.pool.questions * config.votes.count;
    expect(requests('token', 'verify')).toBe(5 + 15 + 2 * judged);
    expect(requests('generative', 'verify')).toBe(5 + 15 + judged);
    expect(of('token').find(({ stage }) => stage === 'train-verifier')?.trained).toBe(2 * 16 * (150 + 800 + 1));
    expect(stages.map(({ stage }) => stage)).not.toContain('verify');
  });

  it('asks every wording of the audit in a request of its own', () => {
    const audited = { ...config, audit: { ...config.audit, views: 100 } };
    const more = forecastService(audited, PAPER).iteration.requests - iteration.requests;
    expect(more).toBe(100 * config.votes.count);
  });

  it('asks every wording of a vote in a request of its own, and the Challenger for all wordings in one', () => {
    const requests = (over: Partial<typeof config.votes>): number =>
      forecastService({ ...config, votes: { ...config.votes, views: 0.5, wordings: 2, ...over } }, PAPER).iteration
        .requests - iteration.requests;
    const questions =
      config.pool.questions + config.challenger.steps * config.challenger.groups * config.challenger.groupSize;
    expect(requests({})).toBe(2 * questions);
    expect(requests({ viewsFrom: 'challenger' })).toBe(3 * questions);
  });

  it('costs and lasts what prices and rates say, and nothing is known without them', () => {
    expect(costOf(iteration, { sampled: 0, prefilled: 0, trained: 0 })).toBeNull();
    expect(
      costOf({ ...iteration, sampled: 2e6, prefilled: 3e6, trained: 4e6 }, { sampled: 1, prefilled: 2, trained: 3 }),
    ).toBe(20);
    const work = { requests: 1, sampled: 100, prefilled: 50, trained: 200 };
    expect(secondsOf(work, { sampled: 10, prefilled: 25, trained: 20 })).toBe(22);
    expect(secondsOf(work, { sampled: 10, prefilled: 0, trained: 0 })).toBeNull();
    expect(secondsOf({ ...work, trained: 0 }, { sampled: 10, prefilled: 0, trained: 0 })).toBe(10);
  });
});

describe('the passes of a training step', () => {
  const trained = (set: string[]): number => {
    const config = resolveConfig({ set: ['engine.kind=tinker', 'iterations=1', ...set] });
    return forecastService(config, PAPER).stages.find(({ stage }) => stage === 'train-solver')?.trained ?? 0;
  };
  const one = trained(['solver.importanceCorrection=none']);

  it.each([
    [['solver.importanceCorrection=token-truncate'], 2],
    [['solver.importanceCorrection=bypass'], 2],
    [['solver.importanceCorrection=none', 'solver.updates=2'], 3],
    [['solver.importanceCorrection=bypass', 'solver.updates=2'], 2],
  ])('%j: %i', (set, passes) => {
    expect(trained(set)).toBe(passes * one);
  });
});

it('labelled data needs no questions and no votes', () => {
  const config = resolveConfig({ set: ['engine.kind=tinker', 'finetune.data=10', 'iterations=1'] });
  const { stages } = forecastService(config, PAPER);
  expect(stages.map(({ stage }) => stage)).toEqual(['baseline', 'train-solver', 'evaluate']);
});
