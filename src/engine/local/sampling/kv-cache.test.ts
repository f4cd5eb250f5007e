import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KvCache, slotsThatFit } from './kv-cache.ts';

const config = {
  architecture: 'llama',
  hidden: 6,
  layers: 2,
  heads: 3,
  kvHeads: 3,
  headDim: 2,
  intermediate: 4,
  vocabulary: 5,
  maxPositions: 100,
  ropeTheta: 1e4,
  rmsEpsilon: 1e-6,
  tied: true,
  qkNorm: false,
} as const;

describe('KvCache', () => {
  it('returns the stored values after growth and moves', () => {
    const actions = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('load' as const), length: fc.integer({ min: 1, max: 60 }) }),
        fc.record({ kind: fc.constant('append' as const) }),
        fc.record({ kind: fc.constant('release' as const), slot: fc.nat(4) }),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(actions, (steps) => {
        const cache = new KvCache(config, 5, 100);
        // One value per token marks all its keys; the values are its negative.
        const kept: number[][] = [];
        let mark = 0;
        for (const step of steps) {
          if (step.kind === 'load' && kept.length < 5) {
            const tokens = Array.from({ length: step.length }, () => ++mark);
            const plane = Float32Array.from({ length: 3 * step.length * 2 }, (_, i) => tokens[(i >> 1) % step.length]);
            const negative = plane.map((value) => -value);
            const part = { keys: [plane, plane], values: [negative, negative], room: step.length, length: step.length };
            cache.load(kept.length, { parts: [part], length: step.length });
            kept.push(tokens);
          } else if (step.kind === 'append' && kept.length > 0 && kept.every((tokens) => tokens.length < 100)) {
            const positions = kept.map((tokens) => tokens.length);
            cache.reserve(Math.max(...positions) + 1);
            const fresh = kept.map(() => ++mark);
            const plane = Float32Array.from({ length: kept.length * 6 }, (_, i) => fresh[Math.floor(i / 6)]);
            for (const layer of [0, 1])
              cache.append(
                layer,
                plane,
                plane.map((value) => -value),
                positions,
              );
            kept.forEach((tokens, slot) => tokens.push(fresh[slot]));
          } else if (step.kind === 'release' && step.slot < kept.length) {
            const last = kept.length - 1;
            if (step.slot !== last) cache.move(last, step.slot, kept[last].length);
            kept[step.slot] = kept[last];
            kept.pop();
          }
          expect(
            contents(
              cache,
              kept.map((tokens) => tokens.length),
            ),
          ).toEqual(kept);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('throws beyond its maximum length', () => {
    expect(() => new KvCache(config, 1, 20).reserve(33)).toThrow('outgrew');
  });
});

/** The marks in every slot, after checking that all heads, layers, keys and values agree. */
function contents(cache: KvCache, lengths: readonly number[]): number[][] {
  return lengths.map((length, slot) =>
    Array.from({ length }, (_, position) => {
      const found = new Set<number>();
      for (const layer of [0, 1]) {
        for (let head = 0; head < 3; head++) {
          for (const i of [0, 1]) {
            const at = ((slot * 3 + head) * cache.capacity + position) * 2 + i;
            found.add(cache.keys(layer, lengths.length)[at]).add(-cache.values(layer, lengths.length)[at]);
          }
        }
      }
      expect(found.size).toBe(1);
      return [...found][0];
    }),
  );
}

describe('slotsThatFit', () => {
  it('returns the requested slots if memory allows, fewer for long sequences, and at least one', () => {
    const smol = { layers: 30, kvHeads: 3, headDim: 64 };
    expect(slotsThatFit(smol, 64, 256)).toBe(64);
    const long = slotsThatFit(smol, 64, 4096);
    expect(long).toBeLessThan(64);
    expect(long * 4096 * 30 * 2 * 3 * 64 * 4).toBeLessThanOrEqual(2 ** 31);
    expect(slotsThatFit(smol, 64, 10_000_000)).toBe(1);
  });
});
