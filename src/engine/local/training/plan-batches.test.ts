import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Example } from '../../engine.ts';
import { activationBytes } from '../memory/forecast-memory.ts';
import { BASE as CONFIG } from './gradients.contract.ts';
import { type MicroBatch, paddedBatches } from './micro-batch.ts';
import { planBatches } from './plan-batches.ts';
import { treeBatches } from './prompt-tree.ts';

/** Few different tokens, so that sequences often begin alike. */
const example: fc.Arbitrary<Example> = fc
  .tuple(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2, maxLength: 24 }), fc.nat(24))
  .map(([tokens, untrained]) => ({
    input: Int32Array.from(tokens.slice(0, -1)),
    target: Int32Array.from(tokens.slice(1)),
    mask: Uint8Array.from({ length: tokens.length - 1 }, (_, t) => (t >= untrained ? 1 : 0)),
  }));

/** Returns the tokens that a row of a micro-batch attends to, in the order of their positions. */
function attended({ sequences, time, tree }: MicroBatch, flat: number): number[] {
  const [row, column] = [Math.floor(flat / time), flat % time];
  if (tree === null) return Array.from(sequences[row].subarray(0, column + 1));
  const rows = Array.from({ length: time }, (_, at) => at).filter((at) => tree.mask[column * time + at] === 0);
  rows.sort((a, b) => tree.positions[a] - tree.positions[b]);
  expect(rows.map((at) => tree.positions[at])).toEqual(rows.map((_, position) => position));
  return rows.map((at) => sequences[0][at]);
}

function holdsAll(examples: readonly Example[], batches: readonly MicroBatch[]): void {
  const rows = new Set<string>();
  for (const batch of batches) {
    batch.rows.forEach((flat, p) => {
      const [member, t] = [batch.example[p], batch.position[p]];
      rows.add(`${member} ${t}`);
      expect(batch.targets[p]).toBe(examples[member].target[t]);
      expect(attended(batch, flat)).toEqual(Array.from(examples[member].input.subarray(0, t + 1)));
    });
    expect(new Set(batch.rows).size).toBe(batch.rows.length);
  }
  const trained = examples.flatMap(({ mask }) => Array.from(mask)).reduce((sum, one) => sum + one, 0);
  expect(rows.size).toBe(trained);
  expect(batches.reduce((sum, batch) => sum + batch.examples, 0)).toBe(examples.length);
}

describe('micro-batches', () => {
  it('let every trained position attend to exactly the tokens before it, in their order', () => {
    fc.assert(
      fc.property(fc.array(example, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 90 }), (all, most) => {
        holdsAll(all, paddedBatches(all, most));
        holdsAll(all, planBatches(CONFIG, all, most));
        holdsAll(
          all,
          treeBatches(all, ({ tokens, added }) => tokens + added <= most),
        );
      }),
    );
  });

  it('contain a shared prompt once', () => {
    const prompt = Array.from({ length: 40 }, (_, t) => t % 19);
    const all = [1, 2, 3, 4, 5, 6].map((last): Example => {
      const tokens = [...prompt, last, last];
      const mask = Uint8Array.from({ length: 41 }, (_, t) => (t >= 39 ? 1 : 0));
      return { input: Int32Array.from(tokens.slice(0, -1)), target: Int32Array.from(tokens.slice(1)), mask };
    });
    const [batch, ...others] = planBatches(CONFIG, all, 256);
    expect(others).toEqual([]);
    // 39 shared tokens; each sequence adds the last one of the prompt, which is trained, and its own.
    expect(batch.sequences[0]).toHaveLength(39 + 6 * 2);
  });

  it('never need more memory as trees than padded', () => {
    fc.assert(
      fc.property(fc.array(example, { minLength: 1, maxLength: 20 }), fc.integer({ min: 1, max: 90 }), (all, most) => {
        const largest = (batches: readonly MicroBatch[]): number =>
          Math.max(...batches.map(({ sequences, time }) => activationBytes(CONFIG, sequences.length * time, time)));
        expect(largest(planBatches(CONFIG, all, most))).toBeLessThanOrEqual(largest(paddedBatches(all, most)));
      }),
    );
  });

  it('stay padded where trees would save little', () => {
    const all = Array.from({ length: 8 }, (_, row): Example => {
      const input = Int32Array.from({ length: 16 }, (_, t) => (t === 0 ? 0 : row));
      return { input, target: input, mask: new Uint8Array(16).fill(1, 1) };
    });
    expect(planBatches(CONFIG, all, 64).every(({ tree }) => tree === null)).toBe(true);
  });
});
