import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../config/schema.ts';
import { tokenCoefficients, tokenLoss, type LossDials, type LossTerms } from './coefficients.ts';

/** Made by test/fixtures/make/grpo.py. */
interface TorchCase {
  advantage: number;
  behaviour: number[];
  reference: number[] | null;
  logprobs: number[];
  mask: number[];
  scale: number;
  clipLow: number;
  clipHigh: number;
  dualClip: number;
  klWeight: number;
  loss: number;
  gradient: number[];
}

const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/grpo.json', import.meta.url), 'utf8')) as {
  losses: TorchCase[];
};

/** As published, which the defaults are. */
const PAPER: LossDials = configSchema.parse({}).solver;

/** One unmasked token at the given ratio to the behaviour, without a reference. */
function token(ratio: number, advantage: number): LossTerms {
  return {
    advantage,
    behaviour_T: [-5],
    sampled_T: [-5],
    reference_T: null,
    logprobs_T: [-5 + Math.log(ratio)],
    mask_T: [1],
    scale: 1,
  };
}

function slope(ratio: number, advantage: number, dials: LossDials = PAPER): number {
  return tokenCoefficients(token(ratio, advantage), dials)[0];
}

describe('tokenCoefficients', () => {
  it.each(fixture.losses.map((torch, index) => ({ index, torch })))('agrees with PyTorch, case $index', ({ torch }) => {
    const { clipLow, clipHigh, dualClip, klWeight } = torch;
    const dials: LossDials = { ...PAPER, clipLow, clipHigh, dualClip, klWeight };
    const terms: LossTerms = {
      advantage: torch.advantage,
      behaviour_T: torch.behaviour,
      sampled_T: torch.behaviour,
      reference_T: torch.reference,
      logprobs_T: torch.logprobs,
      mask_T: torch.mask,
      scale: torch.scale,
    };
    expect(tokenLoss(terms, dials)).toBeCloseTo(torch.loss, 12);
    tokenCoefficients(terms, dials).forEach((value, t) => {
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

  it('under CISPO never stops a token, and lets its ratio weigh no more than the limit', () => {
    const cispo: LossDials = { ...PAPER, loss: 'cispo', clipHigh: 0.5, dualClip: 0 };
    expect(slope(1.4, 2, cispo)).toBeCloseTo(-2.8, 6);
    expect(slope(4, 2, cispo)).toBeCloseTo(-3, 6);
    expect(slope(4, -2, cispo)).toBeCloseTo(3, 6);
    expect(slope(0.1, -2, cispo)).toBeCloseTo(0.2, 6);
  });

  it('under GSPO gives every token of a sequence the same, by the sequence as a whole', () => {
    const gspo: LossDials = { ...PAPER, loss: 'gspo', dualClip: 0 };
    const terms = {
      ...token(1, 1),
      behaviour_T: [-5, -5],
      sampled_T: [-5, -5],
      logprobs_T: [-5 + Math.log(4), -5 + Math.log(0.25 * 1.21)],
      mask_T: [1, 1],
    };
    // 4 and 0.3025 alone would lie outside; their geometric mean is 1.1.
    [...tokenCoefficients(terms, gspo)].forEach((value) => expect(value).toBeCloseTo(-1.1, 6));
    expect([...tokenCoefficients(terms, { ...gspo, clipHigh: 0.05 })]).toEqual([0, 0]);
  });

  it('leaves masked positions at zero without reading them, in every variant', () => {
    const terms: LossTerms = {
      advantage: 1,
      behaviour_T: [Number.NaN, -1],
      sampled_T: [Number.NaN, -1],
      reference_T: [Number.NaN, -1],
      logprobs_T: [Number.NaN, -1],
      mask_T: [0, 1],
      scale: 0.5,
    };
    expect(tokenLoss(terms, PAPER)).toBe(-0.5);
    for (const loss of ['clipped', 'gspo', 'cispo'] as const) {
      for (const importanceCorrection of ['none', 'token-truncate', 'sequence-mask', 'geometric-mask'] as const) {
        for (const kl of ['k1', 'k2', 'k3'] as const) {
          expect([...tokenCoefficients(terms, { ...PAPER, loss, kl, importanceCorrection })]).toEqual([0, -0.5]);
        }
      }
    }
  });

  it('lets a broken log-probability through as NaN, for the engine to refuse', () => {
    const terms = { ...token(1, 1), reference_T: [-5], logprobs_T: [Number.NaN] };
    for (const loss of ['clipped', 'gspo', 'cispo'] as const) {
      expect(tokenCoefficients(terms, { ...PAPER, loss })[0]).toBeNaN();
      expect(tokenLoss(terms, { ...PAPER, loss })).toBeNaN();
    }
  });
});
