/**
 * Targets that graphs run on, and the operators that are proven there. ONNX Runtime's WebGPU provider computes some
 * operators wrongly without an error (onnxruntime-node 1.30.0: the second output of `SimplifiedLayerNormalization`), and
 * moves others to the processor silently. A graph for WebGPU therefore contains only operators of this table.
 * `test/gpu/operators.test.ts` compares each of them with the processor, and `test/gpu/placement.test.ts` finds what
 * ONNX Runtime moves to the processor or fuses into other operators.
 */

/** `cpu`: the processor. `webgpu`: a GPU through ONNX Runtime's WebGPU provider. */
export type Target = 'cpu' | 'webgpu';

/** Operators with the number of outputs that are proven to be right on WebGPU. */
export const PROVEN_ON_WEBGPU = {
  Add: 1,
  ArgMax: 1,
  Cast: 1,
  Concat: 1,
  CumSum: 1,
  Div: 1,
  Equal: 1,
  Exp: 1,
  Expand: 1,
  Gather: 1,
  GatherElements: 1,
  Gemm: 1,
  Greater: 1,
  GreaterOrEqual: 1,
  Identity: 1,
  Less: 1,
  Log: 1,
  MatMul: 1,
  Mul: 1,
  Neg: 1,
  Pad: 1,
  /** ONNX Runtime fuses `Sigmoid` and `Mul` into it. */
  QuickGelu: 1,
  Reciprocal: 1,
  ReduceMax: 1,
  ReduceMean: 1,
  ReduceSum: 1,
  Reshape: 1,
  RotaryEmbedding: 1,
  ScatterElements: 1,
  ScatterND: 1,
  Sigmoid: 1,
  SimplifiedLayerNormalization: 1,
  Slice: 1,
  Softmax: 1,
  Split: 8,
  Sqrt: 1,
  Squeeze: 1,
  Sub: 1,
  Transpose: 1,
  Unsqueeze: 1,
  Where: 1,
} as const satisfies Record<string, number>;

/** Operators on shapes (int64 vectors of a few elements). ONNX Runtime runs them on the processor on every target. */
const ON_SHAPES: ReadonlySet<string> = new Set(['Shape']);

const PROVEN: ReadonlyMap<string, number> = new Map(Object.entries(PROVEN_ON_WEBGPU));

/** Throws if `operator` with `outputs` outputs is not proven on the target. */
export function refuseUnproven(target: Target, operator: string, outputs: number): void {
  if (target === 'cpu' || ON_SHAPES.has(operator)) return;
  const proven = PROVEN.get(operator) ?? 0;
  if (outputs > proven) throw new Error(`${operator} with ${outputs} outputs is not proven on ${target}`);
}
