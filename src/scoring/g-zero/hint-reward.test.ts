import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HintedTask, hintRewards, hintShift, lengthHinge } from './hint-reward.ts';

const LETTER = 'Write a letter to a friend about the weather today';
const POEM = 'Compose four short lines on the sea at night please';

const task = (text: string, shift: number | null, hint = 'Be brief.'): HintedTask => ({ task: text, hint, shift });

describe('hintShift', () => {
  it('is positive where the hint makes the answer less likely, per token', () => {
    expect(hintShift({ plain_T: [-1, -2], hinted_T: [-2, -4] })).toBe(1.5);
    expect(hintShift({ plain_T: [-1], hinted_T: [-1] })).toBe(0);
    expect(hintShift({ plain_T: [], hinted_T: [] })).toBeNull();
  });
});

describe('lengthHinge', () => {
  it('is free up to 200 characters, then 0.03 for each 100', () => {
    expect([0, 200].map(lengthHinge)).toEqual([0, 0]);
    expect(lengthHinge(300)).toBeCloseTo(0.03, 12);
    expect(lengthHinge(250)).toBeCloseTo(0.015, 12);
  });
});

describe('hintRewards', () => {
  it('are the shift minus the length of the hint minus the share of the cluster', () => {
    const rewards = hintRewards([task(LETTER, 0.5), task(LETTER, 2, 'x'.repeat(400)), task(POEM, -9), task('', null)]);
    expect(rewards.map(({ reward }) => Number(reward.toFixed(12)))).toEqual([0, 1.44, -5.25, -1.25]);
    expect(rewards[1].parts).toEqual({ shift: 2, length: 0.06, repetition: 0.5, format: 1 });
    expect(rewards[3].parts).toEqual({ shift: 0, length: 0, repetition: 0.25, format: 0 });
  });

  it('count all invalid tasks as one cluster, whatever their texts', () => {
    const rewards = hintRewards([task(LETTER, null), task(POEM, null), task('', null), task(POEM, 1)]);
    expect(rewards.map(({ reward }) => reward)).toEqual([-1.75, -1.75, -1.75, 0.75]);
    expect(hintRewards([task('', null)]).map(({ reward }) => reward)).toEqual([-2]);
    expect(hintRewards([])).toEqual([]);
  });

  it('rise with the shift above its limit, and never with the length of the hint', () => {
    const shift = fc.double({ min: -8, max: 8, noNaN: true });
    fc.assert(
      fc.property(shift, fc.nat(1000), fc.nat(1000), (value, length, more) => {
        const reward = (one: number, characters: number): number =>
          hintRewards([task(LETTER, one, 'x'.repeat(characters))])[0].reward;
        expect(reward(value, length + more)).toBeLessThanOrEqual(reward(value, length));
        expect(reward(value, 0)).toBe(Math.max(value, -5) - 1);
      }),
    );
  });
});
