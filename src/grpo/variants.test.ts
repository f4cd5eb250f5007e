/** Every variant of the loss over a whole step: against PyTorch's autograd, and against finite differences. */

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupAdvantages } from './advantages.ts';
import { type AggregationDials, exampleScales } from './aggregate.ts';
import { type LossDials, type LossTerms, tokenCoefficients, tokenLoss } from './coefficients.ts';

type Dials = LossDials & AggregationDials & { normalizeStd: boolean };

/** Made by test/fixtures/make/grpo.py: one step in mini-batches of one group each. */
interface Step {
  groupSize: number;
  rewards: number[];
  logprobs: number[][];
  behaviour: number[][];
  sampled: number[][];
  reference: number[][];
  variants: { name: string; dials: Dials; updates: { loss: number; gradient: number[][] }[] }[];
}

const { step } = JSON.parse(readFileSync(new URL('../../test/fixtures/grpo.json', import.meta.url), 'utf8')) as {
  step: Step;
};

/** The rollouts of one mini-batch as the loop hands them over. */
function termsOf(update: number, dials: Dials): LossTerms[] {
  const first = update * step.groupSize;
  const indices = Array.from({ length: step.groupSize }, (_, i) => first + i);
  const advantages = groupAdvantages(
    indices.map((i) => step.rewards[i]),
    dials,
  );
  const size = { tokens: step.logprobs.flat().length, updates: step.rewards.length / step.groupSize };
  const scales = exampleScales(
    indices.map((i) => step.logprobs[i].length),
    dials,
    size,
  );
  return indices.map((i, at) => ({
    advantage: advantages[at],
    behaviour_T: step.behaviour[i],
    sampled_T: step.sampled[i],
    reference_T: dials.klWeight > 0 ? step.reference[i] : null,
    logprobs_T: step.logprobs[i],
    mask_T: step.logprobs[i].map(() => 1),
    scale: scales[at],
  }));
}

function close(ours: number, theirs: number, tolerance: number): void {
  expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(theirs)));
}

describe('agrees with PyTorch', () => {
  it.each(step.variants)('$name', ({ dials, updates }) => {
    updates.forEach(({ loss, gradient }, update) => {
      const terms = termsOf(update, dials);
      close(
        terms.reduce((sum, one) => sum + tokenLoss(one, dials), 0),
        loss,
        1e-10,
      );
      terms.forEach((one, i) => {
        const ours = tokenCoefficients(one, dials);
        expect(ours).toHaveLength(gradient[i].length);
        gradient[i].forEach((value, t) => close(ours[t], value, 1e-7));
      });
    });
  });

  it('on variants that differ: no two have the same gradients', () => {
    const seen = new Set(step.variants.map(({ updates }) => JSON.stringify(updates)));
    expect(seen.size).toBe(step.variants.length);
  });
});

const logGap = fc.double({ min: -1.2, max: 1.2, noNaN: true });
const rollout = fc.array(fc.record({ policy: logGap, sampler: logGap, reference: logGap }), {
  minLength: 1,
  maxLength: 5,
});

/** Ratios whose limits the loss or the correction has: no derivative exists there. */
function kinks({ clipLow, clipHigh, dualClip }: LossDials): number[] {
  return [1 - clipLow, 1 + clipHigh, dualClip];
}

describe('agrees with finite differences away from the kinks', () => {
  it.each(step.variants)('$name', ({ dials }) => {
    let compared = 0;
    fc.assert(
      fc.property(rollout, fc.double({ min: -3, max: 3, noNaN: true }), (tokens, advantage) => {
        const terms: LossTerms = {
          advantage,
          behaviour_T: tokens.map(() => -4),
          sampled_T: tokens.map(({ sampler }) => -4 + sampler),
          reference_T: tokens.map(({ reference }) => -4 + reference),
          logprobs_T: tokens.map(({ policy }) => -4 + policy),
          mask_T: tokens.map(() => 1),
          scale: 0.25,
        };
        const mean = tokens.reduce((sum, { policy }) => sum + policy, 0) / tokens.length;
        const ratios = (dials.loss === 'gspo' ? [mean] : tokens.map(({ policy }) => policy)).map(Math.exp);
        fc.pre(ratios.every((ratio) => kinks(dials).every((kink) => Math.abs(ratio - kink) > 1e-3)));
        const h = 1e-5;
        const lossAt = (t: number, shift: number): number => {
          const logprobs_T = Array.from(terms.logprobs_T, (value, at) => value + (at === t ? shift : 0));
          return tokenLoss({ ...terms, logprobs_T }, dials, terms.logprobs_T);
        };
        tokenCoefficients(terms, dials).forEach((ours, t) => {
          close(ours, (lossAt(t, h) - lossAt(t, -h)) / (2 * h), 1e-6);
          compared++;
        });
      }),
      { numRuns: 200, seed: 7 },
    );
    expect(compared).toBeGreaterThan(200);
  });
});

it('agrees with finite differences where the limit of k3 holds', () => {
  const dials: LossDials = { ...step.variants[0].dials, klWeight: 1 };
  for (const [d, held] of [
    [2, false],
    [3.5, true],
    [-9, false],
    [-13, true],
  ] as const) {
    const at = (shift: number): LossTerms => ({
      advantage: 0,
      behaviour_T: [-4],
      sampled_T: [-4],
      reference_T: [-4 + d],
      logprobs_T: [-4 + shift],
      mask_T: [1],
      scale: 1,
    });
    const difference = (tokenLoss(at(1e-5), dials) - tokenLoss(at(-1e-5), dials)) / 2e-5;
    close(tokenCoefficients(at(0), dials)[0], difference, 1e-6);
    expect(difference === 0).toBe(held);
  }
});
