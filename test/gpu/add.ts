/** The smallest work for an adapter. */

import { OnnxGraph } from '../../src/engine/local/onnx/graph.ts';
import { ort } from '../../src/engine/local/runtime.ts';
import { floats } from '../../src/engine/local/session.ts';

/**
 * Returns a + b as computed by the adapter.
 *
 * @throws Error of ONNX Runtime without an adapter, or if the sum would be computed on the CPU.
 */
export async function addOnAdapter(a: number, b: number): Promise<number[]> {
  const graph = new OnnxGraph();
  const inputs = ['a', 'b'].map((name) => graph.input(name, 'float', [1]));
  const sum = graph.output(graph.node('Add', inputs), 'float');
  const session = await ort.InferenceSession.create(graph.finish(), {
    executionProviders: ['webgpu'],
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  });
  const outputs = await session.run({ a: scalar(a), b: scalar(b) });
  return Array.from(floats(outputs[sum]));
}

function scalar(value: number): ort.Tensor {
  return new ort.Tensor('float32', Float32Array.of(value), [1]);
}
