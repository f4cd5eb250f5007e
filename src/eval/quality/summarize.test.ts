import { describe, expect, it } from 'vitest';
import { proxiesRight, summarizeQuality, type TaskQuality } from './summarize.ts';

const ONE: TaskQuality = {
  task: 'Write a tale.',
  responses: ['A boat sails.', 'A boat sinks.'],
  criteria: [
    { short: 1, kind: 0.5 },
    { short: 0, kind: 0.5 },
  ],
  likelihood: [-1, -3],
  consensus: [0.5, 0.5],
  truncated: 1,
};
const OTHER: TaskQuality = {
  ...ONE,
  task: 'Write a song.',
  criteria: [
    { short: 1, kind: 1 },
    { short: 1, kind: 0 },
  ],
  truncated: 0,
};

describe('summarizeQuality', () => {
  it('averages responses and tasks', () => {
    const result = summarizeQuality([ONE, OTHER], 2);
    expect(result).toMatchObject({
      iteration: 2,
      tasks: 2,
      samples: 2,
      byCriterion: { short: 0.75, kind: 0.5 },
      characters: 13,
      likelihood: -2,
      consensus: 0.5,
      truncated: 1,
      perTask: [0.5, 0.75],
    });
    expect(result?.mean?.value).toBe(0.625);
  });

  it('measures the variety of the responses to a task', () => {
    const [same, different] = [
      ['A boat.', 'A boat.'],
      ['A boat.', 'Two cats.'],
    ].map((responses) => summarizeQuality([{ ...ONE, responses }], 1));
    expect(same?.variety).toBe(0.5);
    expect(different?.variety).toBe(1);
  });

  it('has no quality in a domain without one, and nothing without tasks', () => {
    expect(summarizeQuality([{ ...ONE, criteria: null }], 1)).toMatchObject({
      mean: null,
      byCriterion: {},
      perTask: [],
    });
    expect(summarizeQuality([], 1)).toBeNull();
  });
});

it('proxiesRight counts the pairs that a proxy orders as the quality does', () => {
  expect(proxiesRight([ONE])).toEqual({ likelihood: 1, consensus: 0.5 });
  expect(proxiesRight([{ ...ONE, likelihood: [-3, -1] }, OTHER])).toEqual({ likelihood: 0.5, consensus: 0.5 });
  expect(proxiesRight([{ ...ONE, criteria: null }])).toEqual({ likelihood: null, consensus: null });
});
