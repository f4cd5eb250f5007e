import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrollTo, windowOf } from './window.ts';

const LINE = 64;
const VIEW = 640;
const counts = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1000, max: 2_000_000 }));

describe('the window of a long list', () => {
  it('covers what is seen at every place, without gaps', () => {
    fc.assert(
      fc.property(counts, fc.double({ min: 0, max: 1, noNaN: true }), (count, share) => {
        const { height } = windowOf(count, LINE, { scrolled: 0, view: VIEW });
        const scrolled = share * Math.max(0, height - VIEW);
        const { first, end, top } = windowOf(count, LINE, { scrolled, view: VIEW });
        expect(top).toBeLessThanOrEqual(scrolled + 1e-6);
        const seenTo = top + (end - first) * LINE;
        expect(seenTo).toBeGreaterThanOrEqual(Math.min(scrolled + VIEW, end === count ? seenTo : Infinity) - 1e-6);
        expect(end - first).toBeLessThanOrEqual(VIEW / LINE + 18);
      }),
    );
  });

  it('shows the first line at the top, and the last one at the bottom', () => {
    for (const count of [30, 100_000, 1_000_000]) {
      const { first, top, height } = windowOf(count, LINE, { scrolled: 0, view: VIEW });
      expect([first, top]).toEqual([0, 0]);
      const bottom = windowOf(count, LINE, { scrolled: height - VIEW, view: VIEW });
      expect(bottom.end).toBe(count);
      expect(bottom.top + (bottom.end - bottom.first) * LINE).toBeCloseTo(height, 3);
    }
  });

  it('scrolls to a line only as far as needed', () => {
    fc.assert(
      fc.property(counts, fc.nat(), (count, some) => {
        const index = some % count;
        const scrolled = scrollTo(index, count, LINE, { scrolled: 0, view: VIEW });
        const { first, top } = windowOf(count, LINE, { scrolled, view: VIEW });
        const place = top + (index - first) * LINE;
        expect(place).toBeGreaterThanOrEqual(scrolled - 1);
        expect(place + LINE).toBeLessThanOrEqual(scrolled + VIEW + 1);
        expect(scrollTo(index, count, LINE, { scrolled, view: VIEW })).toBeCloseTo(scrolled, 3);
      }),
    );
  });
});
