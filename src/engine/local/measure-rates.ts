/**
 * Measures how fast this machine multiplies matrices of a decoder's width, for time forecasts. Takes well
 * under a second; memory is forecast in `memory/forecast-memory.ts`.
 */

import type { DecoderConfig } from '../../models/decoder-config.ts';
import { OnnxGraph } from './onnx/graph.ts';
import { float32, openSession } from './session.ts';

export interface ProductRates {
  /** FLOP/s with the rows of a micro-batch and the matrix as an input, as in training. */
  training: number;
  /** FLOP/s with one row per decoded sequence and the matrix prepacked, as in sampling. */
  sampling: number;
}

const ENOUGH_SECONDS = 0.15;
const FEWEST_ROUNDS = 3;
/** Larger matrices are not faster, only slower to measure. */
const WIDEST = 2048;
const MOST_ROWS = 1024;

/** Measures the product of the gated block, which most operations belong to. */
export async function measureRates(
  { hidden, intermediate }: DecoderConfig,
  threads: number,
  rows: { training: number; sampling: number },
): Promise<ProductRates> {
  const most = (count: number): number => Math.min(count, MOST_ROWS);
  const [width, out] = [Math.min(hidden, WIDEST), Math.min(intermediate, WIDEST)];
  return {
    training: await rate({ rows: most(rows.training), width, out }, { threads, packed: false }),
    sampling: await rate({ rows: most(rows.sampling), width, out }, { threads, packed: true }),
  };
}

async function rate(
  { rows, width, out }: { rows: number; width: number; out: number },
  { threads, packed }: { threads: number; packed: boolean },
): Promise<number> {
  const graph = new OnnxGraph();
  const matrix = new Float32Array(width * out).fill(0.5);
  const x = graph.input('x', 'float', ['N', width]);
  const w = packed ? graph.initializer('w', matrix, [out, width]) : graph.input('w', 'float', [out, width]);
  graph.output(graph.node('FusedMatMul', [x, w], { domain: 'com.microsoft', attributes: { transB: 1 } }), 'float');
  const session = await openSession(graph.finish(), threads, graph.external);
  const feeds = { x: float32(new Float32Array(rows * width).fill(0.5), [rows, width]) };
  const all = packed ? feeds : { ...feeds, w: float32(matrix, [out, width]) };
  await session.run(all);
  let best = Infinity;
  const start = performance.now();
  for (let round = 0; round < FEWEST_ROUNDS || performance.now() - start < 1000 * ENOUGH_SECONDS; round++) {
    const from = performance.now();
    await session.run(all);
    best = Math.min(best, (performance.now() - from) / 1000);
  }
  await session.release();
  return (2 * rows * width * out) / best;
}
