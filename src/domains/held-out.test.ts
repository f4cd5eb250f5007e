import { describe, expect, it } from 'vitest';
import { heldOutQuestions } from './held-out.ts';

const all = ['1 + 1?', '2 + 2?'].map((text, i) => ({ id: String(i), text, answer: String(2 * (i + 1)) }));
const heldOut = { questions: (count: number) => all.slice(0, count), includes: () => false };

describe('the questions of a held-out test', () => {
  it.each([0, 1, 2])('are at most as many as asked for: %d', (count) => {
    expect(heldOutQuestions({ heldOut }, count)).toEqual(all.slice(0, count));
  });

  it('are all where more are asked for', () => {
    expect(heldOutQuestions({ heldOut }, 9)).toEqual(all);
  });

  it('are none in a domain without a test', () => {
    expect(heldOutQuestions({}, 9)).toEqual([]);
  });
});
