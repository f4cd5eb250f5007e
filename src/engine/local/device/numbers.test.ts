import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../models/decoder-config.ts';
import { type Computed, differences } from './numbers.ts';

const tensor = (...values: number[]): Tensor => ({ shape: [values.length], data: Float32Array.from(values) });
const START = new Map([['w', tensor(1, 1)]]);

function computed(over: Partial<Computed> = {}): Computed {
  return {
    logprobs: [Float32Array.of(-1, -2)],
    gradients: new Map([['first.w', tensor(0.5, -0.25)]]),
    weights: new Map([['w', tensor(0.75, 1.25)]]),
    tokens: [Int32Array.of(4, 5, 6)],
    ...over,
  };
}

describe('differences of two devices', () => {
  it('are zero between equal numbers', () => {
    expect(differences(START, computed(), computed())).toEqual({
      part: 'numbers',
      logprobs: 0,
      gradients: 0,
      updates: 0,
      tokens: { equal: 3, of: 3 },
    });
  });

  it('are the largest of all log-probabilities', () => {
    const found = computed({ logprobs: [Float32Array.of(-1, -2.25)] });
    expect(differences(START, computed(), found).logprobs).toBe(0.25);
  });

  it('of gradients are shares of the largest of their tensor', () => {
    const found = computed({ gradients: new Map([['first.w', tensor(0.5, 0.25)]]) });
    expect(differences(START, computed(), found).gradients).toBeCloseTo(0.5 / (0.5 * 1.001), 6);
  });

  it('of updates compare the changes, not the weights', () => {
    const still = computed({ weights: new Map([['w', tensor(1, 1)]]) });
    expect(differences(START, computed(), still).updates).toBe(1);
  });

  it('count the tokens that differ', () => {
    const found = computed({ tokens: [Int32Array.of(4, 5, 7)] });
    expect(differences(START, computed(), found).tokens).toEqual({ equal: 2, of: 3 });
  });

  it.each([
    ['that is no number', computed({ gradients: new Map([['first.w', tensor(Number.NaN, 0)]]) })],
    ['that is missing', computed({ gradients: new Map() })],
  ])('of a gradient %s is no number', (_, found) => {
    expect(differences(START, computed(), found).gradients).toBeNaN();
  });
});
