/** A process that opens a session as the engine does. ONNX Runtime prints the options that it uses. */

import { OnnxGraph } from '../../src/engine/local/onnx/graph.ts';
import { ort } from '../../src/engine/local/runtime.ts';
import { deviceOptions } from '../../src/engine/local/session.ts';

const graph = new OnnxGraph('webgpu');
graph.output(graph.node('Neg', [graph.input('x', 'float', [1])]), 'float');
await ort.InferenceSession.create(graph.finish(), { ...deviceOptions(), logSeverityLevel: 0 });
process.exit(0);
