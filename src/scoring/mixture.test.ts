import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyShares, mixScores, spreads, type VarietyDials } from './mixture.ts';

const NO_VARIETY: VarietyDials = { varietyWeight: 0, varietyThreshold: 0.5 };
const TEXTS = ['one two three four five', 'one two three four five', 'six seven eight nine ten'];

describe('mixScores', () => {
  it('adds weighted z-scores of the group', () => {
    const mixed = mixScores(
      [
        { name: 'a', weight: 2, scores: [[0, 2]] },
        { name: 'b', weight: -1, scores: [[5, 5]] },
      ],
      [['x', 'y']],
      NO_VARIETY,
    );
    expect(mixed[0][0].reward).toBeCloseTo(-Math.SQRT2, 4);
    expect(mixed[0][1].reward).toBeCloseTo(Math.SQRT2, 4);
    expect(mixed[0][1].parts.b).toBe(0);
    expect(mixed[0][1].parts).not.toHaveProperty('copies');
  });

  it('does not depend on scale and offset of a positive score', () => {
    const scores = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 9 }), fc.integer({ min: -9, max: 9 }), (row, scale, offset) => {
        const rewards = (values: number[]): number[] =>
          mixScores([{ name: 'a', weight: 1, scores: [values] }], [TEXTS], NO_VARIETY)[0].map(({ reward }) => reward);
        const moved = rewards(row.map((value) => scale * value + offset));
        rewards(row).forEach((reward, at) => expect(moved[at]).toBeCloseTo(reward, 4));
      }),
    );
  });

  it('takes the share of near copies from the reward', () => {
    const dials = { varietyWeight: 3, varietyThreshold: 0.5 };
    const [mixed] = mixScores([{ name: 'a', weight: 1, scores: [[1, 1, 1]] }], [TEXTS], dials);
    expect(mixed.map(({ reward }) => reward)).toEqual([-1.5, -1.5, 0]);
    expect(mixed.map(({ parts }) => parts.copies)).toEqual([0.5, 0.5, 0]);
  });
});

describe('copyShares', () => {
  it('counts the others only', () => {
    expect(copyShares(TEXTS, 0.5)).toEqual([0.5, 0.5, 0]);
    expect(copyShares([TEXTS[0]], 0.5)).toEqual([0]);
  });
});

describe('spreads', () => {
  it('is 1 for an average group, and weighs the scorers by the absolute weight', () => {
    const a = {
      name: 'a',
      weight: 1,
      scores: [
        [0, 2],
        [0, 6],
      ],
    };
    const b = {
      name: 'b',
      weight: -3,
      scores: [
        [0, 10],
        [0, 10],
      ],
    };
    expect(spreads([a]).map((one) => Number(one.toFixed(12)))).toEqual([0.5, 1.5]);
    expect(spreads([a, b]).map((one) => Number(one.toFixed(12)))).toEqual([0.875, 1.125]);
  });

  it('ignores a scorer whose scores are all equal, and is 0 if there is no other', () => {
    const flat = {
      name: 'flat',
      weight: 5,
      scores: [
        [1, 1],
        [2, 2],
      ],
    };
    const a = {
      name: 'a',
      weight: 1,
      scores: [
        [0, 2],
        [0, 6],
      ],
    };
    expect(spreads([a, flat])).toEqual(spreads([a]));
    expect(spreads([flat])).toEqual([0, 0]);
    expect(spreads([])).toEqual([]);
  });
});
