import { expect, it } from 'vitest';
import { memoryPenalties } from './repetition.ts';

const APPLES = 'Ann has four red apples and buys three more apples today';
const TRAINS = 'Which train arrives first when both leave Rome at noon ?';
const settings = { threshold: 0.5, weight: 2, drop: false };
const valid = (text: string) => ({ text, invalid: null });

it('penalizes a similar question by its BLEU with the nearest earlier one, and others by 0', () => {
  const near = APPLES.replace('four', 'five');
  const [same, close, far, invalid] = memoryPenalties(
    [valid(APPLES), valid(near), valid(TRAINS), { text: APPLES, invalid: 'no-answer' }],
    ['Something else entirely', APPLES],
    settings,
  );
  expect(same).toBe(2);
  expect(close).toBeGreaterThan(1);
  expect(close).toBeLessThan(2);
  expect([far, invalid]).toEqual([0, 0]);
});

it('is 0 beyond the threshold, without a weight or without earlier questions', () => {
  const near = [valid(APPLES.replace('four', 'five'))];
  expect(Array.from(memoryPenalties(near, [APPLES], { ...settings, threshold: 0.1 }))).toEqual([0]);
  expect(Array.from(memoryPenalties(near, [APPLES], { ...settings, weight: 0 }))).toEqual([0]);
  expect(Array.from(memoryPenalties(near, [], settings))).toEqual([0]);
});
