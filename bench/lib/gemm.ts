/**
 * Measures ONNX Runtime's own speed on large float32 matrices: the upper limit for everything built on it.
 */

import { OnnxGraph } from '../../src/engine/local/onnx/graph.ts';
import { float32, openSession } from '../../src/engine/local/session.ts';
import { secondsOf } from './alternate.ts';

const SIZE = 1024;
const REPEATS = 20;

export interface Gemm {
  /** Runs a round and returns its seconds. */
  round: () => Promise<number>;
  /** Floating-point operations per round. */
  operations: number;
  close: () => Promise<void>;
}

export async function openGemm(threads: number): Promise<Gemm> {
  const graph = new OnnxGraph();
  const a = graph.input('a', 'float', [SIZE, SIZE]);
  const b = graph.input('b', 'float', [SIZE, SIZE]);
  graph.output(graph.node('MatMul', [a, b]), 'float');
  const session = await openSession(graph.finish(), threads);
  const matrix = (): Float32Array => Float32Array.from({ length: SIZE * SIZE }, (_, i) => ((i % 17) - 8) / 8);
  const feeds = { a: float32(matrix(), [SIZE, SIZE]), b: float32(matrix(), [SIZE, SIZE]) };
  return {
    round: () =>
      secondsOf(async () => {
        for (let repeat = 0; repeat < REPEATS; repeat++) await session.run(feeds);
      }),
    operations: REPEATS * 2 * SIZE ** 3,
    close: () => session.release(),
  };
}
