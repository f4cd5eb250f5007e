/**
 * The end of every graph over whole sequences: from hidden states of the selected positions to
 * log-probabilities of their targets, entropies and, in training, gradients.
 *
 * Logits exist for only one chunk of rows at a time, so a vocabulary of 150,000 tokens needs no more memory
 * than one of 5,000. The layers before are in `../decoder.ts`.
 */

import { chunked, type Chunks, noRows } from './chunks.ts';
import { addedProduct, logSoftmax, matrixProduct } from '../graph/lowering.ts';
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

/** Emits scores, and per row the mean log-probability of the vocabulary: `[P]`. */
export function measuringHead(
  graph: OnnxGraph,
  inputs: HeadInputs,
  chunks: Chunks,
): HeadScores & { vocabularyMean: Value } {
  const { hidden, matrix, targets } = inputs;
  const start = { parts: [noRows(graph), noRows(graph), noRows(graph)], sum: null };
  const { parts } = chunked(graph, targets, chunks, start, (body, rows) => {
    const { logprobs, entropy, logDistribution } = distributions(body, rows(hidden), matrix, rows(targets, 'int32'));
    const last = body.constant('int64', [-1]);
    const mean = body.node('ReduceMean', [logDistribution, last], { attributes: { keepdims: 0 } });
    return { parts: [logprobs, entropy, mean], sum: null };
  });
  return { logprobs: parts[0], entropy: parts[1], vocabularyMean: parts[2] };
}

/** Emits scores without gradients. */
export function scoringHead(graph: OnnxGraph, inputs: HeadInputs, chunks: Chunks): HeadScores {
  const { hidden, matrix, targets } = inputs;
  const start = { parts: [noRows(graph), noRows(graph)], sum: null };
  const { parts } = chunked(graph, targets, chunks, start, (body, rows) => {
    const chunk = distributions(body, rows(hidden), matrix, rows(targets, 'int32'));
    return { parts: [chunk.logprobs, chunk.entropy], sum: null };
  });
  return { logprobs: parts[0], entropy: parts[1] };
}

export interface TrainingInputs extends HeadInputs {
  /** float `[P, 1]`: dL/dlogprob */
  coefficients: Value;
  /** Gradient `[vocabulary, hidden]` that the output matrix's gradient is added to; null if not needed. */
  sum: Value | null;
}

/** Emits scores and the gradients of hidden states and output matrix. */
export function trainingHead(
  graph: OnnxGraph,
  { hidden, matrix, targets, coefficients, sum: before }: TrainingInputs,
  chunks: Chunks,
): HeadScores & { gradients: HeadGradients } {
  const start = { parts: [noRows(graph), noRows(graph), noRows(graph, hidden)], sum: before };
  const { parts, sum } = chunked(graph, targets, chunks, start, (body, rows, earlier) => {
    const chunk = trainingRows(body, {
      hidden: rows(hidden),
      matrix,
      targets: rows(targets, 'int32'),
      coefficients: rows(coefficients),
      sum: earlier,
    });
    return { parts: [chunk.logprobs, chunk.entropy, chunk.gradients.hidden], sum: chunk.gradients.matrix };
  });
  return { logprobs: parts[0], entropy: parts[1], gradients: { hidden: parts[2], matrix: sum } };
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
  const ofHidden = graph.node('Mul', [matrixProduct(graph, slope, matrix), factor]);
  if (sum === null) return { logprobs, entropy, gradients: { hidden: ofHidden, matrix: null } };
  const scaled = graph.node('Mul', [hidden, factor]);
  const ofMatrix = addedProduct(graph, slope, scaled, sum, { transA: true });
  return { logprobs, entropy, gradients: { hidden: ofHidden, matrix: ofMatrix } };
}

/** Returns the gradients that a tape's backward pass starts from. */
export function headSeeds(hidden: Value, matrix: Value, gradients: HeadGradients): Map<Value, Value> {
  const seeds = new Map([[hidden, gradients.hidden]]);
  if (gradients.matrix !== null) seeds.set(matrix, gradients.matrix);
  return seeds;
}

interface Distributions extends HeadScores {
  /** `[C, vocabulary]` */
  logDistribution: Value;
  /** `[C, vocabulary]` */
  distribution: Value;
  /** Targets, int32 `[C, 1]`. */
  column: Value;
}

function distributions(body: OnnxGraph, hidden: Value, matrix: Value, targets: Value): Distributions {
  const last = body.constant('int64', [-1]);
  const logDistribution = logSoftmax(body, matrixProduct(body, hidden, matrix, { transB: true }));
  const column = body.node('Unsqueeze', [targets, last]);
  const picked = body.node('GatherElements', [logDistribution, column], { attributes: { axis: 1 } });
  const distribution = body.node('Exp', [logDistribution]);
  const product = body.node('Mul', [distribution, logDistribution]);
  const entropy = body.node('Neg', [body.node('ReduceSum', [product, last], { attributes: { keepdims: 0 } })]);
  return { logprobs: body.node('Squeeze', [picked, last]), entropy, logDistribution, distribution, column };
}
