import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import type { ConfigInput, RunConfig } from '../../config/schema.ts';
import { chunksOf } from '../2-propose.ts';
import { memoryRun } from '../loop.contract.ts';
import { keptNotices } from '../watch/notices.ts';
import { chooseBand, nextRound, poolSizes, tooFewNotice } from './too-few.ts';

function configOf(filter: ConfigInput['filter'], pool: ConfigInput['pool'] = {}): RunConfig {
  return resolveConfig({ flags: { filter, pool } });
}

/** Counts the `agreements` inside a band. */
const counter =
  (agreements: number[]) =>
  ({ minAgreement, maxAgreement }: { minAgreement: number; maxAgreement: number }): number =>
    agreements.filter((agreement) => agreement >= minAgreement && agreement <= maxAgreement).length;

describe('the band', () => {
  const settings = { minAgreement: 0.4, maxAgreement: 0.6, minQuestions: 3, tooFew: 'widen' as const };

  it('widens only until it keeps enough', () => {
    const choose = (agreements: number[]) => chooseBand(configOf(settings).filter, counter(agreements));
    expect(choose([0.5, 0.5, 0.5])).toEqual({ minAgreement: 0.4, maxAgreement: 0.6 });
    expect(choose([0.5, 0.5, 0.3])).toEqual({ minAgreement: 0.3, maxAgreement: 0.7 });
    expect(choose([0.5, 0.8, 0.7])).toEqual({ minAgreement: 0.2, maxAgreement: 0.8 });
  });

  it('stops at its limits', () => {
    expect(chooseBand(configOf(settings).filter, () => 0)).toEqual({ minAgreement: 0.2, maxAgreement: 0.9 });
    const wide = configOf({ ...settings, minAgreement: 0.1, maxAgreement: 0.95 });
    expect(chooseBand(wide.filter, () => 0)).toEqual({ minAgreement: 0.1, maxAgreement: 0.95 });
    expect(chooseBand(configOf({ ...settings, widenBy: 0 }).filter, () => 0)).toEqual({
      minAgreement: 0.4,
      maxAgreement: 0.6,
    });
  });

  it('does not change unless configured', () => {
    for (const tooFew of ['end', 'generate'] as const) {
      expect(chooseBand(configOf({ ...settings, tooFew }).filter, () => 0)).toEqual({
        minAgreement: 0.4,
        maxAgreement: 0.6,
      });
    }
  });
});

describe('the pool', () => {
  const config = configOf({ tooFew: 'generate', generateUpTo: 2.5 }, { questions: 10, chunk: 6 });

  it('grows by a chunk for every stored round, up to the limit', () => {
    const store = memoryRun('/nowhere', config);
    const sizes: number[][] = [];
    for (let step = 0; step < 4; step++) {
      sizes.push(poolSizes(store, config, 1));
      const place = { iteration: 1, stage: 'filter', step, steps: step + 1 } as const;
      const notice = tooFewNotice(place, { action: 'generate', kept: 1, needed: 2, remedy: '' });
      store.commit({ cursor: { iteration: 1, stage: 'propose', step: 0 }, partials: keptNotices([notice]) });
    }
    expect(sizes).toEqual([[10], [10, 16], [10, 16, 22], [10, 16, 22, 25]]);
    expect(poolSizes(store, config, 2)).toEqual([10]);
  });

  it('computes how many questions can still be added', () => {
    expect([10, 16, 22, 25].map((size) => nextRound(config, size))).toEqual([6, 6, 3, 0]);
    expect(nextRound(configOf({ tooFew: 'end' }), 10)).toBe(0);
  });

  it('is split into chunks that contain every position once, and that do not move when it grows', () => {
    const growing = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(growing, fc.integer({ min: 1, max: 9 }), (steps, chunk) => {
        const sizes = steps.map((_, at) => steps.slice(0, at + 1).reduce((sum, size) => sum + size, 0));
        const chunks = chunksOf(sizes, chunk);
        const positions = chunks.flatMap(({ first, size }) => Array.from({ length: size }, (_, at) => first + at));
        expect(positions).toEqual(Array.from({ length: sizes[sizes.length - 1] }, (_, at) => at));
        expect(Math.max(...chunks.map(({ size }) => size))).toBeLessThanOrEqual(chunk);
        const before = chunksOf(sizes.slice(0, -1), chunk);
        expect(chunks.slice(0, before.length)).toEqual(before);
      }),
    );
  });
});
