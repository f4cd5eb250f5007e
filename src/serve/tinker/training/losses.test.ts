import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WIRE_LOSSES } from '../../../wire/messages.ts';
import { Refusal } from '../../shell/refusal.ts';
import { lossOf, lossSlope, lossValue } from './losses.ts';

const one = Uint8Array.of(1);
const single = (value: number): Float32Array => Float32Array.of(value);

const point = fc.record({
  logprob: fc.double({ min: -4, max: -0.01, noNaN: true }),
  old: fc.double({ min: -4, max: -0.01, noNaN: true }),
  advantage: fc.double({ min: -3, max: 3, noNaN: true }),
  weight: fc.double({ min: -2, max: 2, noNaN: true }),
});

/** Distance of the ratio to a bound of the clip, where the loss has no slope. */
function nearKink(ratio: number, bounds: readonly number[]): boolean {
  return bounds.some((bound) => Math.abs(ratio - bound) < 1e-2);
}

describe('the slope of every loss', () => {
  it.each(WIRE_LOSSES)('%s is the derivative of its value', (name) => {
    const loss = lossOf(name);
    fc.assert(
      fc.property(point, ({ logprob, old, advantage, weight }) => {
        const inputs = { weights: single(weight), logprobs: single(old), advantages: single(advantage) };
        const bounds = Object.values(loss.config);
        fc.pre(!nearKink(Math.exp(logprob - old), bounds));
        const [slope] = lossSlope(loss, single(logprob), one, inputs);
        if (name === 'cispo') {
          // The clipped ratio counts as a constant.
          const ratio = Math.min(Math.max(Math.exp(single(logprob)[0] - single(old)[0]), bounds[0]), bounds[1]);
          expect(slope).toBeCloseTo(-ratio * advantage * weight, 3);
          return;
        }
        const step = 2 ** -8;
        const up = lossValue(loss, single(logprob + step), one, inputs);
        const down = lossValue(loss, single(logprob - step), one, inputs);
        fc.pre(!nearKink(Math.exp(logprob + step - old), bounds) && !nearKink(Math.exp(logprob - step - old), bounds));
        expect(Math.abs((up - down) / (2 * step) - slope)).toBeLessThan(2e-3 * Math.max(1, Math.abs(slope)));
      }),
    );
  });
});

describe('values', () => {
  const logprobs = single(-1);

  it('of cross-entropy are weighted negative log-probabilities, 1 without weights', () => {
    const loss = lossOf('cross_entropy');
    expect(lossValue(loss, Float32Array.of(-1, -2), Uint8Array.of(1, 1), {})).toBe(3);
    expect(lossValue(loss, Float32Array.of(-1, -2), Uint8Array.of(1, 1), { weights: Float32Array.of(2, -1) })).toBe(0);
    expect(lossSlope(loss, logprobs, one, { weights: single(-3) })).toEqual(single(3));
  });

  it('of importance sampling carry the ratio', () => {
    const inputs = { logprobs: single(-1 - Math.log(3)), advantages: single(-2) };
    expect(lossValue(lossOf('importance_sampling'), logprobs, one, inputs)).toBeCloseTo(6, 5);
  });

  it.each([
    [1.5, 1, 0],
    [1.5, -1, 1.5],
    [0.5, -1, 0],
    [0.5, 1, -0.5],
    [1.1, 1, -1.1],
  ])('of ppo at ratio %d and advantage %d have the slope %d', (ratio, advantage, wanted) => {
    const inputs = { logprobs: single(-1 - Math.log(ratio)), advantages: single(advantage) };
    expect(lossSlope(lossOf('ppo'), logprobs, one, inputs)[0]).toBeCloseTo(wanted, 5);
  });

  it('of cispo clip the factor', () => {
    const inputs = { logprobs: single(-1 - Math.log(3)), advantages: single(1) };
    const loss = lossOf('cispo', { clip_low_threshold: 0.8, clip_high_threshold: 1.2 });
    expect(lossSlope(loss, logprobs, one, inputs)[0]).toBeCloseTo(-1.2, 5);
  });

  it('of dro pull towards the old policy', () => {
    const inputs = { logprobs: single(-2), advantages: single(0) };
    expect(lossSlope(lossOf('dro', { beta: 0.5 }), logprobs, one, inputs)[0]).toBeCloseTo(0.5, 5);
  });

  it('are not finite where the ratio is not, and 0 where mask, weight or advantage is', () => {
    const loss = lossOf('importance_sampling');
    const far = { logprobs: single(-1000), advantages: single(1) };
    expect(lossSlope(loss, logprobs, one, far)[0]).toBe(-Infinity);
    expect(lossSlope(loss, logprobs, Uint8Array.of(0), far)).toEqual(single(0));
    expect(lossSlope(loss, logprobs, one, { ...far, weights: single(0) })).toEqual(single(0));
    expect(lossSlope(loss, logprobs, one, { ...far, advantages: single(0) })).toEqual(single(0));
  });
});

describe('refused are', () => {
  it.each([
    ['nonsense', {}],
    ['gspo', {}],
    ['toString', {}],
    ['cross_entropy', { clip_low_threshold: 0.8 }],
    ['ppo', { clip_range: 0.2 }],
    ['ppo', { clip_high_threshold: Number.NaN }],
    ['ppo', { clip_high_threshold: '1.2' }],
    ['ppo', { clip_low_threshold: -1 }],
    ['ppo', { clip_low_threshold: 1.3 }],
    ['dro', { constructor: 1 }],
  ])('%s with %j', (name, config) => {
    expect(() => lossOf(name, config)).toThrow(Refusal);
  });
});
