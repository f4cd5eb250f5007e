import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Random } from '../../src/random.ts';
import { drawMoment } from './moments.ts';

it('falls between two successive events', () => {
  const gaps = fc.array(fc.double({ min: 0.1, max: 500, noNaN: true }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.nat(), gaps, (seed, gaps) => {
      const times = [100];
      for (const gap of gaps) times.push(times[times.length - 1] + gap);
      const { event, delay } = drawMoment(new Random(seed), times);
      expect(event).toBeGreaterThanOrEqual(0);
      expect(event).toBeLessThan(times.length - 1);
      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(times[event + 1] - times[event]);
    }),
  );
});

it('falls into an interval in proportion to its length', () => {
  const random = new Random(3);
  const drawn = Array.from({ length: 4000 }, () => drawMoment(random, [0, 100, 1000]).event);
  expect(drawn.filter((event) => event === 0).length / drawn.length).toBeCloseTo(0.1, 1);
});
