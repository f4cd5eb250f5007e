/** A process that asks a tensor on the device for its data. It prints why it was refused. */

import { OnnxGraph } from '../../src/engine/local/onnx/graph.ts';
import { ort } from '../../src/engine/local/runtime.ts';

const graph = new OnnxGraph('webgpu');
const output = graph.output(graph.node('Neg', [graph.input('x', 'float', [2])]), 'float');
const session = await ort.InferenceSession.create(graph.finish(), {
  executionProviders: ['webgpu'],
  preferredOutputLocation: 'gpu-buffer',
});
const results = await session.run({ x: new ort.Tensor('float32', Float32Array.of(1, 2), [2]) });
try {
  await results[output].getData();
  console.log('read');
} catch (error) {
  console.log(String(error));
}
