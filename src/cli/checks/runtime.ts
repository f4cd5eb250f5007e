/** Checks that ONNX Runtime loads, and measures its speed for half a second. */

import { availableParallelism } from 'node:os';
import { messageOf } from '../../errors.ts';
import { significant } from '../render/format.ts';
import type { Check } from './check.ts';

const NAME = 'ONNX Runtime';
const SIZE = 768;
const SECONDS = 0.5;
/** Floating-point operations per second. Below this, runs take several times longer than documented. */
const SLOW = 20e9;

export async function checkRuntime(): Promise<Check> {
  try {
    const rate = await multiplyRate();
    const slow = rate < SLOW;
    return {
      name: NAME,
      state: slow ? 'poor' : 'good',
      found: `loads; multiplies ${SIZE}×${SIZE} float32 matrices at ${significant(rate / 1e9)} GFLOP/s`,
      advice: slow ? 'This is slow: close other programs, or use `rzero evolve --scale tiny` for short runs.' : null,
    };
  } catch (error) {
    return {
      name: NAME,
      state: 'missing',
      found: messageOf(error).split('\n')[0].slice(0, 300),
      advice:
        'Reinstall with `npm ci --ignore-scripts`. It needs glibc 2.28 (Linux), macOS 13 or Windows 10, or newer, on x64 or arm64.',
    };
  }
}

/** Floating-point operations per second of a square matrix product on all cores, after a warm-up. */
async function multiplyRate(): Promise<number> {
  const [{ OnnxGraph }, { openSession, float32, floats }] = await Promise.all([
    import('../../engine/local/onnx/graph.ts'),
    import('../../engine/local/session.ts'),
  ]);
  const graph = new OnnxGraph();
  const a = graph.input('a', 'float', [SIZE, SIZE]);
  const b = graph.input('b', 'float', [SIZE, SIZE]);
  const product = graph.output(graph.node('MatMul', [a, b]), 'float');
  const session = await openSession(graph.finish(), availableParallelism());
  const ones = new Float32Array(SIZE * SIZE).fill(1);
  const feeds = { a: float32(ones, [SIZE, SIZE]), b: float32(ones, [SIZE, SIZE]) };
  const first = floats((await session.run(feeds))[product])[0];
  if (first !== SIZE) throw new Error(`a product of ones gave ${first} instead of ${SIZE}`);
  const start = performance.now();
  let rounds = 0;
  while (performance.now() - start < SECONDS * 1000) {
    await session.run(feeds);
    rounds++;
  }
  const seconds = (performance.now() - start) / 1000;
  await session.release();
  return (rounds * 2 * SIZE ** 3) / seconds;
}
