/**
 * The end of every graph over whole sequences: from hidden states of the selected positions to
 * log-probabilities of their targets, entropies and, in training, gradients.
 *
 * Logits exist for only one chunk of rows at a time, so a vocabulary of 150,000 tokens needs no more memory
 * than one of 5,000. The layers before are in `../decoder.ts`.
 */

import type { OnnxGraph, Value } from '../onnx/graph.ts';

/** Maximum number of logits in memory at once: 128 MB in each of two buffers. */
const CHUNK_FLOATS = 2 ** 25;
/** With fewer rows, passes over the output matrix's gradient would take longer than the products. */
const FEWEST_ROWS = 64;

/** Returns the maximum number of rows whose logits exist at once. */
export function chunkRows(vocabulary: number): number {
  return Math.max(FEWEST_ROWS, Math.floor(CHUNK_FLOATS / vocabulary));
}

export interface HeadInputs {
  /** `[P, hidden]` */
  hidden: Value;
  /** `[vocabulary, hidden]` */
  matrix: Value;
  /** int32 `[P]` */
  targets: Value;
}

export interface HeadScores {
  /** `[P]`: log-probability of each target. */
  logprobs: Value;
  /** `[P]`: entropy of each distribution, in nats. */
  entropy: Value;
}

export interface HeadGradients {
  /** `[P, hidden]` */
  hidden: Value;
  /** `[vocabulary, hidden]`; null if not requested. */
  matrix: Value | null;
}

/**
 * Emits scores without gradients.
 *
 * @param most maximum rows of a chunk: `chunkRows`
 */
export function scoringHead(graph: OnnxGraph, inputs: HeadInputs, most: number): HeadScores {
  const { hidden, matrix, targets } = inputs;
  const [logprobs, entropy] = chunked(graph, targets, most, [empty(graph), empty(graph)], (body, rows, state) => {
    const chunk = distributions(body, rows(hidden), matrix, rows(targets));
    return [append(body, state[0], chunk.logprobs), append(body, state[1], chunk.entropy)];
  });
  return { logprobs, entropy };
}

export interface TrainingInputs extends HeadInputs {
  /** float `[P, 1]`: dL/dlogprob */
  coefficients: Value;
  /** Gradient `[vocabulary, hidden]` that the output matrix's gradient is added to; null if not needed. */
  sum: Value | null;
}

/**
 * Emits scores and the gradients of hidden states and output matrix.
 *
 * @param most maximum rows of a chunk: `chunkRows`
 */
export function trainingHead(
  graph: OnnxGraph,
  { hidden, matrix, targets, coefficients, sum }: TrainingInputs,
  most: number,
): HeadScores & { gradients: HeadGradients } {
  const width = graph.node('Slice', [graph.node('Shape', [hidden]), ...range(graph, 1, 2)]);
  const noRows = graph.node('Concat', [graph.constant('int64', [0]), width], { attributes: { axis: 0 } });
  const start = [empty(graph), empty(graph), graph.node('Expand', [graph.constant('float', [0]), noRows])];
  const end = chunked(graph, targets, most, sum === null ? start : [...start, sum], (body, rows, state) => {
    const chunk = trainingRows(body, {
      hidden: rows(hidden),
      matrix,
      targets: rows(targets),
      coefficients: rows(coefficients),
      sum: state.at(3) ?? null,
    });
    const next = [
      append(body, state[0], chunk.logprobs),
      append(body, state[1], chunk.entropy),
      append(body, state[2], chunk.gradients.hidden),
    ];
    return chunk.gradients.matrix === null ? next : [...next, chunk.gradients.matrix];
  });
  return { logprobs: end[0], entropy: end[1], gradients: { hidden: end[2], matrix: end.at(3) ?? null } };
}

/** Same as `trainingHead`, for few enough rows to process at once. */
export function trainingRows(
  graph: OnnxGraph,
  { hidden, matrix, targets, coefficients, sum }: TrainingInputs,
): HeadScores & { gradients: HeadGradients } {
  const { logprobs, entropy, distribution, column } = distributions(graph, hidden, matrix, targets);
  // dL/dlogits = (onehot(target) − softmax) · coefficient; the factor is applied to the narrow matrices.
  const minusOne = graph.node('Expand', [graph.constant('float', [-1]), graph.node('Shape', [column])]);
  const attributes = { axis: 1, reduction: 'add' };
  const slope = graph.node('ScatterElements', [distribution, column, minusOne], { attributes });
  const factor = graph.node('Neg', [coefficients]);
  const ofHidden = graph.node('Mul', [graph.node('MatMul', [slope, matrix]), factor]);
  if (sum === null) return { logprobs, entropy, gradients: { hidden: ofHidden, matrix: null } };
  const scaled = graph.node('Mul', [hidden, factor]);
  const ofMatrix = graph.node('Gemm', [slope, scaled, sum], { attributes: { transA: 1 } });
  return { logprobs, entropy, gradients: { hidden: ofHidden, matrix: ofMatrix } };
}

/** Returns the gradients that a tape's backward pass starts from. */
export function headSeeds(hidden: Value, matrix: Value, gradients: HeadGradients): Map<Value, Value> {
  const seeds = new Map([[hidden, gradients.hidden]]);
  if (gradients.matrix !== null) seeds.set(matrix, gradients.matrix);
  return seeds;
}

/**
 * Emits a loop over chunks of the P rows. `step` receives a function that slices a `[P, …]` value to the
 * chunk's rows.
 */
function chunked(
  graph: OnnxGraph,
  targets: Value,
  most: number,
  start: readonly Value[],
  step: (body: OnnxGraph, rows: (whole: Value) => Value, state: readonly Value[]) => Value[],
): Value[] {
  const one = graph.constant('int64', [1]);
  const ceil = (a: Value, b: Value): Value =>
    graph.node('Div', [graph.node('Sub', [graph.node('Add', [a, b]), one]), b]);
  const total = graph.node('Shape', [targets]);
  const chunks = ceil(total, graph.constant('int64', [most]));
  // Chunks have equal size: a short last chunk would cost another pass over the output matrix's gradient.
  const size = ceil(total, chunks);

  const body = graph.inner();
  const counter = body.argument('int64', []);
  const condition = body.argument('bool', []);
  const state = start.map(() => body.argument('float'));
  const from = body.node('Mul', [body.node('Unsqueeze', [counter, body.constant('int64', [0])]), size]);
  const to = body.node('Add', [from, size]);
  const rows = (whole: Value): Value => body.node('Slice', [whole, from, to, body.constant('int64', [0])]);
  body.output(body.node('Identity', [condition]), 'bool');
  for (const value of step(body, rows, state)) body.output(value, 'float');

  const always = graph.constant('bool', [1], []);
  return graph.nodes('Loop', [chunks, always, ...start], start.length, { attributes: { body: { body } } });
}

interface Distributions extends HeadScores {
  /** `[C, vocabulary]` */
  distribution: Value;
  /** Targets, int64 `[C, 1]`. */
  column: Value;
}

function distributions(body: OnnxGraph, hidden: Value, matrix: Value, targets: Value): Distributions {
  const last = body.constant('int64', [-1]);
  const transB = { domain: 'com.microsoft' as const, attributes: { transB: 1 } };
  const logits = body.node('FusedMatMul', [hidden, matrix], transB);
  const logDistribution = body.node('LogSoftmax', [logits], { attributes: { axis: -1 } });
  const column = body.node('Cast', [body.node('Unsqueeze', [targets, last])], { attributes: { to: 7 } });
  const picked = body.node('GatherElements', [logDistribution, column], { attributes: { axis: 1 } });
  const distribution = body.node('Exp', [logDistribution]);
  const product = body.node('Mul', [distribution, logDistribution]);
  const entropy = body.node('Neg', [body.node('ReduceSum', [product, last], { attributes: { keepdims: 0 } })]);
  return { logprobs: body.node('Squeeze', [picked, last]), entropy, distribution, column };
}

function empty(graph: OnnxGraph): Value {
  return graph.node('Expand', [graph.constant('float', [0]), graph.constant('int64', [0])]);
}

function append(body: OnnxGraph, before: Value, rows: Value): Value {
  return body.node('Concat', [before, rows], { attributes: { axis: 0 } });
}

/** Returns start and end of a `Slice`. */
function range(graph: OnnxGraph, from: number, to: number): [Value, Value] {
  return [graph.constant('int64', [from]), graph.constant('int64', [to])];
}
