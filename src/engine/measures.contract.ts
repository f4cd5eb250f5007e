/** Contract tests of `Sampler.measure`, called by `engine.contract.ts`. An engine without it is tested to have none. */

import { expect, it } from 'vitest';
import { example, expectClose } from '../../test/fixtures/engine-parts.ts';
import type { Engine, Sampler, TokenMeasures } from './engine.ts';

/** Calls a function with a sampler of the base. */
type WithBase = (use: (sampler: Sampler, engine: Engine) => Promise<void>) => Promise<void>;

/** The suite of an engine that sees no whole distributions. */
export function noMeasuresContract(withBase: WithBase): void {
  it('measures no distributions', async () => {
    await withBase(async (sampler) => expect(sampler.measure).toBeUndefined());
  });
}

export function measuresContract(withBase: WithBase): void {
  const examples = [example([1, 2, 3], [4, 5]), example([5], [6, 2, 1, 7]), example([2, 2], [])];

  it('measures the distribution at every target, and returns 0 outside the mask', async () => {
    await withBase(async (sampler) => {
      const measured = await measuredBy(sampler, examples);
      const scored = await sampler.score(examples);
      measured.forEach(({ logprobs }, at) => expectClose(logprobs, scored[at], 1e-5));
      measured.forEach((measures, at) => {
        const outside = [...examples[at].mask].flatMap((kept, t) => (kept ? [] : [t]));
        for (const values of Object.values(measures)) {
          expect(values).toHaveLength(examples[at].target.length);
          expect(outside.map((t) => Number(values[t]))).toEqual(outside.map(() => 0));
        }
      });
    });
  });

  it('computes entropy and certainty from the log-probabilities of the whole vocabulary', async () => {
    await withBase(async (sampler, engine) => {
      const { vocabulary } = await engine.inspect(sampler.ref);
      const all = await sampler.score(Array.from({ length: vocabulary }, (_, token) => example([3, 1], [token])));
      const logprobs = all.map((scores) => scores[1]);
      const [{ entropy, certainty }] = await measuredBy(sampler, [example([3, 1], [0])]);
      const direct = logprobs.reduce((sum, logprob) => sum - Math.exp(logprob) * logprob, 0);
      const mean = logprobs.reduce((sum, logprob) => sum + logprob, 0) / vocabulary;
      expect(entropy[1]).toBeCloseTo(direct, 3);
      expect(certainty[1]).toBeCloseTo(-Math.log(vocabulary) - mean, 3);
      expect(certainty[1]).toBeGreaterThan(0);
    });
  });
}

async function measuredBy(sampler: Sampler, examples: Parameters<Sampler['score']>[0]): Promise<TokenMeasures[]> {
  expect(sampler.measure).toBeDefined();
  return (await sampler.measure?.(examples)) ?? [];
}
