import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearestKey } from './suggest.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['kitten', 'sitting', 3],
    ['steps', 'stpes', 1],
    ['maxtokens', 'maxTokens', 0],
    ['abc', '', 3],
  ])('%s, %s: %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
  });

  it('is symmetric, zero for equals, at least the difference of lengths and at most the longer length', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('nearestKey', () => {
  const valid = ['seed', 'solver.steps', 'solver.maxTokens', 'pool.questions'];
  it.each([
    ['solver.step', 'solver.steps'],
    ['sede', 'seed'],
    ['solver.questions', 'pool.questions'],
    ['max_tokens', 'solver.maxTokens'],
    ['entirely.different', null],
    ['x'.repeat(1000), null],
  ])('%s', (key, expected) => {
    expect(nearestKey(key, valid)).toBe(expected);
  });
});
