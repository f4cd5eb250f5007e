import fc from 'fast-check';
import { expect, it } from 'vitest';
import { klEstimate, klLoss, klSlope } from './kl.ts';

it('k3 is zero only where the two agree, and at most 10', () => {
  expect(klEstimate(0)).toBe(0);
  expect(klEstimate(1)).toBeCloseTo(Math.E - 2, 12);
  expect(klEstimate(-1)).toBeCloseTo(Math.exp(-1), 12);
  expect([5, -20, 800].map(klEstimate)).toEqual([10, 10, 10]);
  fc.assert(fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (d) => klEstimate(d) >= 0));
  expect(klLoss(5, 'k3')).toBe(10);
  expect(klSlope(5, 'k3')).toBe(0);
});

it('k2 is half the square without a limit, and k1 is not part of the loss', () => {
  expect(klLoss(-6, 'k2')).toBe(18);
  expect(klSlope(-6, 'k2')).toBe(6);
  expect(klLoss(3, 'k1')).toBe(0);
  expect(klSlope(3, 'k1')).toBe(0);
});

it('pulls towards the reference: down if the policy is more likely, up if it is less likely', () => {
  for (const estimator of ['k2', 'k3'] as const) {
    expect(klSlope(-0.5, estimator)).toBeGreaterThan(0);
    expect(klSlope(0.5, estimator)).toBeLessThan(0);
    expect(klSlope(0, estimator)).toBeCloseTo(0, 12);
  }
});
