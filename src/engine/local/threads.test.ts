import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';

import { loadCheckpoint } from '../../models/checkpoint.ts';
import { Random } from '../../random.ts';
import type { Example, OptimizerOptions } from '../engine.ts';
import { createLocalEngine } from './index.ts';

const MODEL = 'models/arith-base';
const root = mkdtempSync(join(tmpdir(), 'rzero-threads-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const STEP: OptimizerOptions = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clip: 0 };

/**
 * Enough positions with few distinct tokens, so that the runtime splits the work among threads that add to
 * the same row.
 */
function examples(): Example[] {
  const random = new Random(1);
  return Array.from({ length: 64 }, () => {
    const tokens = Int32Array.from({ length: 65 }, () => random.integer(10, 20));
    return { input: tokens.slice(0, 64), target: tokens.slice(1), mask: new Uint8Array(64).fill(1) };
  });
}

/** Norm of the gradient, and the embedding after one step. */
async function trained(threads: number, name: string): Promise<{ norm: number | null; embedding: Float32Array }> {
  const engine = await createLocalEngine({ threads, slots: 4, microBatchTokens: 4096 });
  try {
    const policy = await engine.openPolicy({ from: { kind: 'base', path: MODEL }, optimizer: 'fresh' });
    const batch = examples();
    await policy.accumulate(
      batch,
      batch.map(() => new Float32Array(64).fill(-1 / 4096)),
    );
    const { gradNorm } = await policy.step(STEP);
    const folder = join(root, name);
    await engine.exportTo(await policy.save({ home: root, name }), folder);
    const { weights } = await loadCheckpoint(folder);
    return { norm: gradNorm, embedding: weights.get('model.embed_tokens.weight')?.data ?? new Float32Array(0) };
  } finally {
    await engine.close();
  }
}

it('trains to the same bits every time with two threads, and to the gradient of one thread', async () => {
  const [one, two, again] = [await trained(1, 'one'), await trained(2, 'two'), await trained(2, 'again')];
  expect(again.norm).toBe(two.norm);
  expect(Buffer.compare(Buffer.from(again.embedding.buffer), Buffer.from(two.embedding.buffer))).toBe(0);
  expect(Number(two.norm) / Number(one.norm)).toBeCloseTo(1, 5);
});
