import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors.ts';
import { alignToExample, splitUpdates, toExample } from './batch.ts';

describe('toExample', () => {
  it('shifts by one and masks the completion', () => {
    const example = toExample(Int32Array.of(1, 2, 3), Int32Array.of(7, 8));
    expect([...example.input]).toEqual([1, 2, 3, 7]);
    expect([...example.target]).toEqual([2, 3, 7, 8]);
    expect([...example.mask]).toEqual([0, 0, 1, 1]);
  });

  it('masks exactly the completion, for any lengths', () => {
    const tokens = fc.array(fc.nat(99), { maxLength: 9 });
    fc.assert(
      fc.property(fc.nat(99), tokens, tokens, (first, rest, completion) => {
        const prompt = Int32Array.of(first, ...rest);
        const { target, mask } = toExample(prompt, Int32Array.from(completion));
        expect([...target].filter((_, t) => mask[t] === 1)).toEqual(completion);
        const aligned = alignToExample(prompt.length, completion);
        expect(aligned).toHaveLength(target.length);
        expect([...aligned].filter((_, t) => mask[t] === 1)).toEqual(completion);
      }),
    );
  });

  it('rejects an empty prompt', () => {
    expect(() => toExample(new Int32Array(0), Int32Array.of(1))).toThrow(EngineError);
  });
});

describe('splitUpdates', () => {
  it('keeps all groups in order, in parts of even size', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 40 }), fc.integer({ min: 1, max: 12 }), (groups, updates) => {
        const parts = splitUpdates(groups, updates);
        const sizes = parts.map((part) => part.length);
        expect(parts.flat()).toEqual(groups);
        expect(parts).toHaveLength(Math.min(updates, groups.length));
        if (groups.length === 0) return;
        expect(Math.min(...sizes)).toBeGreaterThan(0);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
