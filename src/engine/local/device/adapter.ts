/**
 * Finds out by trial what a GPU can do: ONNX Runtime states neither its name nor its limits. Runs in the child process of
 * a measurement.
 */

import { messageOf } from '../../../errors.ts';
import { OnnxGraph } from '../onnx/graph.ts';
import { ort } from '../runtime.ts';
import { webgpuFailure } from '../webgpu/errors.ts';
import type { ReportPart } from './report.ts';

const FLOAT = 1;
const FLOAT16 = 10;
const MIB = 2 ** 20;
/** Bytes of the buffers that are tried, the largest first. A buffer of 4 GiB is just below what its size can say. */
const SIZES = [4096 * MIB - 256, 2048 * MIB, 1024 * MIB, 512 * MIB, 256 * MIB, 128 * MIB];

/**
 * Opens the adapter with a float16 operation.
 * @throws Error of ONNX Runtime if there is no adapter
 */
export async function tryAdapter(): Promise<Extract<ReportPart, { part: 'adapter' }>> {
  const graph = new OnnxGraph();
  const half = graph.node('Cast', [graph.input('x', 'float', [4])], { attributes: { to: FLOAT16 } });
  const sum = graph.node('Add', [half, half]);
  const out = graph.output(graph.node('Cast', [sum], { attributes: { to: FLOAT } }), 'float');
  const session = await webgpuSession(graph);
  try {
    const result = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2, 3, 4), [4]) });
    const values = result[out].data;
    return { part: 'adapter', half: values instanceof Float32Array && values[3] === 8 };
  } catch (error) {
    if (webgpuFailure(messageOf(error)) === 'no-half') return { part: 'adapter', half: false };
    throw error;
  } finally {
    await session.release();
  }
}

/**
 * Tries buffers from the largest size down until one can be used.
 * @param only bytes of the only size to try; a software adapter takes seconds for large ones
 */
export async function tryBuffers(only?: number): Promise<Extract<ReportPart, { part: 'buffer' }>> {
  const graph = new OnnxGraph();
  const [value, shape] = [graph.input('value', 'float', [1]), graph.input('shape', 'int64', [1])];
  graph.output(graph.node('Expand', [value, shape]), 'float');
  const session = await webgpuSession(graph, { preferredOutputLocation: 'gpu-buffer' });
  let refused: number | null = null;
  try {
    for (const bytes of only === undefined ? SIZES : [only]) {
      if (await canUse(session, bytes)) return { part: 'buffer', largest: bytes, refused };
      refused = bytes;
    }
    return { part: 'buffer', largest: 0, refused };
  } finally {
    await session.release();
  }
}

async function canUse(session: ort.InferenceSession, bytes: number): Promise<boolean> {
  const count = new ort.Tensor('int64', BigInt64Array.of(BigInt(Math.floor(bytes / 4))), [1]);
  try {
    const outputs = await session.run({ value: new ort.Tensor('float32', Float32Array.of(1), [1]), shape: count });
    for (const output of Object.values(outputs)) if (output instanceof ort.Tensor) output.dispose();
    return true;
  } catch (error) {
    if (['memory', 'too-large', 'driver'].includes(webgpuFailure(messageOf(error)))) return false;
    throw error;
  }
}

function webgpuSession(
  graph: OnnxGraph,
  options: ort.InferenceSession.SessionOptions = {},
): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(graph.finish(), {
    executionProviders: ['webgpu'],
    logSeverityLevel: 4,
    ...options,
  });
}
