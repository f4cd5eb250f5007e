import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clippedBy, klEstimate, tokenCoefficients, tokenLoss, type LossDials, type LossTerms } from './coefficients.ts';

/** Made by test/fixtures/make/grpo.py. */
interface TorchCase extends LossDials {
  advantage: number;
  behaviour: number[];
  reference: number[] | null;
  logprobs: number[];
  mask: number[];
  scale: number;
  loss: number;
  gradient: number[];
}

const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/grpo.json', import.meta.url), 'utf8')) as {
  losses: TorchCase[];
};

const PAPER: LossDials = { clipLow: 0.2, clipHigh: 0.3, dualClip: 3, klWeight: 0.01 };

/** One unmasked token at the given ratio to the behaviour, without a reference. */
function token(ratio: number, advantage: number): LossTerms {
  return { advantage, behaviour_T: [-5], reference_T: null, logprobs_T: [-5 + Math.log(ratio)], mask_T: [1], scale: 1 };
}

function slope(ratio: number, advantage: number, dials: LossDials = PAPER): number {
  return tokenCoefficients(token(ratio, advantage), dials)[0];
}

describe('tokenCoefficients', () => {
  it.each(fixture.losses.map((torch, index) => ({ index, torch })))('agrees with PyTorch, case $index', ({ torch }) => {
    const terms: LossTerms = {
      advantage: torch.advantage,
      behaviour_T: torch.behaviour,
      reference_T: torch.reference,
      logprobs_T: torch.logprobs,
      mask_T: torch.mask,
      scale: torch.scale,
    };
    expect(tokenLoss(terms, torch)).toBeCloseTo(torch.loss, 12);
    tokenCoefficients(terms, torch).forEach((value, t) => {
      expect(Math.abs(value - torch.gradient[t])).toBeLessThanOrEqual(1e-7 * (1 + Math.abs(torch.gradient[t])));
    });
  });

  it('follows the closed form in every branch', () => {
    expect(slope(1, 2)).toBeCloseTo(-2, 6);
    // A good token may fall below the lower limit and still be pulled up; a bad one may not be pushed further down.
    expect(slope(0.5, 2)).toBeCloseTo(-1, 6);
    expect(slope(1.4, 2)).toBe(0);
    expect(slope(0.5, -2)).toBe(0);
    expect(slope(1.4, -2)).toBeCloseTo(2.8, 6);
    expect(slope(3.5, -2)).toBe(0);
    expect(slope(3.5, -2, { ...PAPER, dualClip: 0 })).toBeCloseTo(7, 6);
    expect(Math.abs(slope(1, 0))).toBe(0);
  });

  it('agrees with finite differences of the loss away from the kinks', () => {
    const reached = new Set<string>();
    fc.assert(
      fc.property(
        fc.double({ min: -1.5, max: 1.5, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: -13, max: 3, noNaN: true }),
        fc.constantFrom(0, 1.5, 3),
        fc.constantFrom(0, 0.01, 1),
        (logRatio, advantage, d, dualClip, klWeight) => {
          const dials: LossDials = { clipLow: 0.2, clipHigh: 0.3, dualClip, klWeight };
          const at = (shift: number): LossTerms => ({
            advantage,
            behaviour_T: [-4],
            reference_T: [-4 + logRatio + d],
            logprobs_T: [-4 + logRatio + shift],
            mask_T: [1],
            scale: 0.25,
          });
          const h = 1e-5;
          const ratio = Math.exp(logRatio);
          fc.pre([0.8, 1.3, dualClip].every((kink) => Math.abs(ratio - kink) > 1e-3));
          fc.pre(Math.abs(klEstimate(d - h) - 10) > 1e-3 || klEstimate(d - 0.1) === klEstimate(d + 0.1));
          const difference = (tokenLoss(at(h), dials) - tokenLoss(at(-h), dials)) / (2 * h);
          reached.add(`${clippedBy(ratio, advantage, dials)}`).add(klEstimate(d) === 10 ? 'kl held' : 'kl free');
          const ours = tokenCoefficients(at(0), dials)[0];
          expect(Math.abs(ours - difference)).toBeLessThan(1e-6 * (1 + Math.abs(difference)));
        },
      ),
      { numRuns: 2000, seed: 7 },
    );
    expect(reached).toEqual(new Set(['null', 'low', 'high', 'dual', 'kl held', 'kl free']));
  });

  it('leaves masked positions at zero without reading them', () => {
    const terms: LossTerms = {
      advantage: 1,
      behaviour_T: [Number.NaN, -1],
      reference_T: [Number.NaN, -1],
      logprobs_T: [Number.NaN, -1],
      mask_T: [0, 1],
      scale: 0.5,
    };
    expect([...tokenCoefficients(terms, PAPER)]).toEqual([0, -0.5]);
    expect(tokenLoss(terms, PAPER)).toBe(-0.5);
  });

  it('lets a broken log-probability through as NaN, for the engine to refuse', () => {
    const terms = { ...token(1, 1), reference_T: [-5], logprobs_T: [Number.NaN] };
    expect(tokenCoefficients(terms, PAPER)[0]).toBeNaN();
    expect(tokenLoss(terms, PAPER)).toBeNaN();
  });
});

describe('klEstimate', () => {
  it('is k3, zero only where the two agree, and at most 10', () => {
    expect(klEstimate(0)).toBe(0);
    expect(klEstimate(1)).toBeCloseTo(Math.E - 2, 12);
    expect(klEstimate(-1)).toBeCloseTo(Math.exp(-1), 12);
    expect(klEstimate(5)).toBe(10);
    expect(klEstimate(-20)).toBe(10);
    expect(klEstimate(800)).toBe(10);
    fc.assert(fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (d) => klEstimate(d) >= 0));
  });
});
