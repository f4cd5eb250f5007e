import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EngineUsage } from '../../types.ts';
import { tokensOf, usageMetrics, usageOf, withUsage } from './usage.ts';

const count = fc.integer({ min: 0, max: 1_000_000 });
const reading = (priced: boolean): fc.Arbitrary<EngineUsage> =>
  fc.record({
    requests: count,
    sampledTokens: count,
    prefilledTokens: count,
    trainedTokens: count,
    cost: priced ? count : fc.constant(null),
  });

function sum(one: EngineUsage | null, more: EngineUsage): EngineUsage {
  const add = (key: Exclude<keyof EngineUsage, 'cost'>): number => (one?.[key] ?? 0) + more[key];
  return {
    requests: add('requests'),
    sampledTokens: add('sampledTokens'),
    prefilledTokens: add('prefilledTokens'),
    trainedTokens: add('trainedTokens'),
    cost: more.cost === null ? (one?.cost ?? null) : (one?.cost ?? 0) + more.cost,
  };
}

it('the metrics of all steps add up to what the engine counted', () => {
  fc.assert(
    fc.property(
      fc.boolean().chain((priced) => fc.array(reading(priced), { minLength: 1 })),
      (steps) => {
        let counted: EngineUsage | null = null;
        let total: EngineUsage | null = null;
        const stored: { name: string; value: number }[] = [];
        for (const step of steps) {
          const now = sum(counted, step);
          const metrics = usageMetrics(counted, now);
          counted = now;
          total = withUsage(total, metrics);
          stored.push(...Object.entries(metrics).map(([name, value]) => ({ name, value })));
        }
        const store = {
          metrics: ({ name: wanted }: { name?: string } = {}) =>
            stored
              .filter(({ name }) => name === wanted)
              .map((one) => ({ ...one, iteration: 1, stage: 'vote' as const, step: 0 })),
        };
        expect(total).toEqual(counted);
        expect(usageOf(store)).toEqual(counted);
      },
    ),
  );
});

it('an engine that does not count has no metrics and no total', () => {
  expect(usageMetrics(null, null)).toEqual({});
  expect(withUsage(null, { 'time/seconds': 3 })).toBeNull();
  expect(usageOf({ metrics: () => [] })).toBeNull();
});

it('a budget counts sampled, prefilled and trained tokens', () => {
  expect(tokensOf({ requests: 1000, sampledTokens: 1, prefilledTokens: 20, trainedTokens: 300, cost: 7 })).toBe(321);
});
