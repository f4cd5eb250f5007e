import { describe, expect, it } from 'vitest';
import { configSchema } from '../config/schema.ts';
import type { LossDials } from './coefficients.ts';
import { diagnose } from './diagnostics.ts';

const DIALS: LossDials = configSchema.parse({}).solver;

/**
 * A rollout with the given ratios after one masked position; the reference differs from the policy by `d`.
 */
function rollout(advantage: number, ratios: number[], d: number | null) {
  const logprobs_T = [Number.NaN, ...ratios.map((ratio) => -5 + Math.log(ratio))];
  return {
    advantage,
    behaviour_T: logprobs_T.map(() => -5),
    sampled_T: logprobs_T.map(() => -5 - Math.LN2),
    reference_T: d === null ? null : logprobs_T.map((value) => value + d),
    logprobs_T,
    mask_T: logprobs_T.map((_, t) => (t === 0 ? 0 : 1)),
  };
}

describe('diagnose', () => {
  it('counts tokens over all rollouts', () => {
    const metrics = diagnose([rollout(1, [1, 1.5, 0.5], 1), rollout(-1, [0.5, 4, 1, 1.5, 1], 0)], DIALS);
    expect(metrics['clip_ratio/high_mean']).toBe(1 / 8);
    expect(metrics['clip_ratio/low_mean']).toBe(1 / 8);
    expect(metrics['clip_ratio/dual_mean']).toBe(1 / 8);
    expect(metrics['clip_ratio/region_mean']).toBe(3 / 8);
    expect(metrics.kl).toBeCloseTo((3 * (Math.E - 2)) / 8, 12);
    expect(metrics['ratio/mean']).toBeCloseTo(11 / 8, 12);
    expect(metrics['ratio/min']).toBeCloseTo(0.5, 12);
    expect(metrics['ratio/max']).toBeCloseTo(4, 12);
  });

  it('omits the KL without a reference, and everything without tokens', () => {
    expect(diagnose([rollout(1, [1], null)], DIALS)).not.toHaveProperty('kl');
    expect(diagnose([rollout(1, [], 0)], DIALS)).toEqual({});
    expect(diagnose([], DIALS)).toEqual({});
  });

  it('counts sequence ratios under GSPO, and capped ratios under CISPO', () => {
    const gspo = diagnose([rollout(1, [4, 0.25 * 1.44], null)], { ...DIALS, loss: 'gspo' });
    expect(gspo['ratio/mean']).toBeCloseTo(1.2, 12);
    expect(gspo['clip_ratio/region_mean']).toBe(0);
    const cispo = diagnose([rollout(-1, [4, 0.25], null)], { ...DIALS, loss: 'cispo' });
    expect(cispo).toMatchObject({ 'clip_ratio/high_mean': 0.5, 'clip_ratio/low_mean': 0 });
  });

  it('reports the importance correction, if any', () => {
    expect(diagnose([rollout(1, [1], null)], DIALS)).not.toHaveProperty('importance/mean');
    const dials = { ...DIALS, importanceCorrection: 'token-mask', importanceHigh: 1.5 } as const;
    expect(diagnose([rollout(1, [1, 1], null)], dials)).toMatchObject({ 'importance/mean': 0, 'importance/masked': 1 });
    const truncated = diagnose([rollout(1, [1], null)], { ...dials, importanceCorrection: 'token-truncate' });
    expect(truncated).toMatchObject({ 'importance/mean': 1.5, 'importance/masked': 0 });
  });
});
