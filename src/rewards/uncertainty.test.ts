import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { uncertainty } from './uncertainty.ts';

describe('uncertainty', () => {
  it('is highest if half of the attempts agree', () => {
    expect([0, 0.3, 0.5, 0.8, 1].map((p) => uncertainty(p, 'paper'))).toEqual([0, 0.6, 1, expect.closeTo(0.4, 12), 0]);
    expect([0, 0.3, 0.5, 0.8, 1].map((p) => uncertainty(p, 'repo'))).toEqual([0, 0.3, 0.5, expect.closeTo(0.2, 12), 0]);
  });

  it('as learnability, is the share of wrong attempts unless all or none are right', () => {
    const values = [0, 0.1, 0.5, 0.9, 1].map((p) => uncertainty(p, 'learnability'));
    expect(values).toEqual([0, 0.9, 0.5, expect.closeTo(0.1, 12), 0]);
  });

  it("is the paper's formula", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (p) => {
        expect(uncertainty(p, 'paper')).toBeCloseTo(1 - 2 * Math.abs(p - 0.5), 12);
      }),
    );
  });
});
