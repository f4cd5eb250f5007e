import { expect, it } from 'vitest';
import { spreadRewards } from './spread-reward.ts';

const TASKS = [
  { text: 'Write a tale about a boat in a storm.', spread: 1.5 },
  { text: 'Explain how bread rises in an oven.', spread: 0.1 },
  { text: '', spread: null },
];
const DIALS = { repetitionWeight: 1, repetitionThreshold: 0.5 };

it('pays for spread, minus the share of the batch that a task repeats', () => {
  const rewards = spreadRewards(TASKS, { ...DIALS, floorAtZero: true });
  expect(rewards.map(({ reward }) => reward)).toEqual([1.5 - 1 / 3, 0, 0]);
  expect(rewards[0].parts).toEqual({ spread: 1.5, repetition: 1 / 3, format: 1 });
  expect(rewards[2].parts).toMatchObject({ spread: 0, format: 0 });
});

it('charges twins for each other', () => {
  const [first, , , twin] = spreadRewards([...TASKS, TASKS[0]], { ...DIALS, floorAtZero: true });
  expect(first.reward).toBe(1);
  expect(twin.reward).toBe(1);
});

it('goes below zero without the floor, and charges an invalid task', () => {
  const rewards = spreadRewards(TASKS, { ...DIALS, floorAtZero: false });
  expect(rewards[1].reward).toBeCloseTo(0.1 - 1 / 3, 12);
  expect(rewards[2].reward).toBeCloseTo(-1 - 1 / 3, 12);
});
