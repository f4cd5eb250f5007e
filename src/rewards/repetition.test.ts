import { expect, it } from 'vitest';
import { memoryPenalties } from './repetition.ts';

const APPLES = 'Ann has four red apples and buys three more apples today';
const TRAINS = 'Which train arrives first when both leave Rome at noon ?';
const dials = { threshold: 0.5, weight: 2, drop: false };
const valid = (text: string) => ({ text, invalid: null });

it('charges a near question its BLEU against the nearest earlier one, and a far one nothing', () => {
  const near = APPLES.replace('four', 'five');
  const [same, close, far, invalid] = memoryPenalties(
    [valid(APPLES), valid(near), valid(TRAINS), { text: APPLES, invalid: 'no-answer' }],
    ['Something else entirely', APPLES],
    dials,
  );
  expect(same).toBe(2);
  expect(close).toBeGreaterThan(1);
  expect(close).toBeLessThan(2);
  expect([far, invalid]).toEqual([0, 0]);
});

it('charges nothing beyond the threshold, without a weight or without a past', () => {
  const near = [valid(APPLES.replace('four', 'five'))];
  expect(Array.from(memoryPenalties(near, [APPLES], { ...dials, threshold: 0.1 }))).toEqual([0]);
  expect(Array.from(memoryPenalties(near, [APPLES], { ...dials, weight: 0 }))).toEqual([0]);
  expect(Array.from(memoryPenalties(near, [], dials))).toEqual([0]);
});
