import fc from 'fast-check';
import { expect, it } from 'vitest';
import { smooth } from './smooth.ts';

it('returns the values without smoothing', () => {
  expect(smooth([1, null, 3], 0)).toEqual([1, null, 3]);
});

it('weights a value half as much as the next one at 0.5', () => {
  // (0.5 · 4 + 0.25 · 1) / 0.75
  expect(smooth([1, 4], 0.5)).toEqual([1, 3]);
});

it('keeps a constant line, whatever is missing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(2, null)),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (values, smoothing) => {
        smooth(values, smoothing).forEach((value, at) => {
          if (values[at] === null) expect(value).toBeNull();
          else expect(value).toBeCloseTo(2, 9);
        });
      },
    ),
  );
});

it('leaves out what is not a number', () => {
  expect(smooth([1, Number.NaN, 1], 0.9)).toEqual([1, null, 1]);
});
