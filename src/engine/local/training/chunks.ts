/**
 * Runs a part of a graph on a few rows at a time, so that its large values exist for one chunk only. Used by `head.ts`.
 */

import { rowsBetween } from '../graph/lowering.ts';
import type { OnnxGraph, Value } from '../onnx/graph.ts';

/**
 * How rows are divided. `most`: into chunks of at most this many rows, in a loop inside the graph. `count`: into this
 * many chunks, without a loop, for targets whose loops move every value to the processor.
 */
export type Chunks = { most: number } | { count: number };

/** Results so far: values of the rows, and a sum over all rows (null: none). */
export interface ChunkResults {
  parts: readonly Value[];
  sum: Value | null;
}

/**
 * Emits one chunk.
 *
 * @param rows slices a `[P, …]` value to the chunk's rows, floats unless another type is given
 * @param sum the sum over earlier chunks
 */
export type ChunkStep = (body: OnnxGraph, rows: Rows, sum: Value | null) => ChunkResults;

export type Rows = (whole: Value, type?: 'int32') => Value;

/**
 * Emits all chunks of the rows of `whole` `[P]`. Chunks have equal size: a short last chunk would cost another pass over
 * the sum. Returns the values of all rows, in order, and the sum.
 *
 * @param start values without rows (`noRows`), and the sum to add to
 */
export function chunked(
  graph: OnnxGraph,
  whole: Value,
  chunks: Chunks,
  start: ChunkResults,
  step: ChunkStep,
): ChunkResults {
  if ('most' in chunks) return looped(graph, whole, chunks.most, start, step);
  return chunks.count === 1
    ? step(graph, (value) => value, start.sum)
    : unrolled(graph, whole, chunks.count, start, step);
}

/** Emits a value without rows, of the other dimensions of `like`; without `like`, an empty vector. */
export function noRows(graph: OnnxGraph, like?: Value): Value {
  const none = graph.constant('int64', [0]);
  const width = (value: Value): Value =>
    graph.node('Slice', [graph.node('Shape', [value]), graph.constant('int64', [1]), graph.constant('int64', [2])]);
  const dims = like === undefined ? none : graph.node('Concat', [none, width(like)], { attributes: { axis: 0 } });
  return graph.node('Expand', [graph.constant('float', [0]), dims]);
}

function looped(graph: OnnxGraph, whole: Value, most: number, start: ChunkResults, step: ChunkStep): ChunkResults {
  const total = graph.node('Shape', [whole]);
  const count = ceiling(graph, total, graph.constant('int64', [most]));
  const size = ceiling(graph, total, count);

  const body = graph.inner();
  const counter = body.argument('int64', []);
  const condition = body.argument('bool', []);
  const state = [...start.parts, ...(start.sum === null ? [] : [start.sum])];
  const before = state.map(() => body.argument('float'));
  const from = body.node('Mul', [body.node('Unsqueeze', [counter, body.constant('int64', [0])]), size]);
  const chunk = step(body, slicer(body, from, body.node('Add', [from, size])), before[start.parts.length] ?? null);
  body.output(body.node('Identity', [condition]), 'bool');
  chunk.parts.forEach((part, at) => body.output(joined(body, [before[at], part]), 'float'));
  if (chunk.sum !== null) body.output(chunk.sum, 'float');

  const always = graph.constant('bool', [1], []);
  const end = graph.nodes('Loop', [count, always, ...state], state.length, { attributes: { body: { body } } });
  return { parts: end.slice(0, start.parts.length), sum: end[start.parts.length] ?? null };
}

function unrolled(graph: OnnxGraph, whole: Value, count: number, start: ChunkResults, step: ChunkStep): ChunkResults {
  const size = ceiling(graph, graph.node('Shape', [whole]), graph.constant('int64', [count]));
  const edge = (at: number): Value => graph.node('Mul', [size, graph.constant('int64', [at])]);
  const found: ChunkResults[] = [];
  for (let at = 0; at < count; at++) {
    found.push(step(graph, slicer(graph, edge(at), edge(at + 1)), found.at(-1)?.sum ?? start.sum));
  }
  const parts = start.parts.map((_, part) =>
    joined(
      graph,
      found.map(({ parts: own }) => own[part]),
    ),
  );
  return { parts, sum: found.at(-1)?.sum ?? null };
}

function slicer(graph: OnnxGraph, from: Value, to: Value): Rows {
  return (whole, type) => rowsBetween(graph, whole, from, to, type);
}

function joined(graph: OnnxGraph, values: readonly Value[]): Value {
  return graph.node('Concat', values, { attributes: { axis: 0 } });
}

/** Emits ⌈a / b⌉ of shapes. */
function ceiling(graph: OnnxGraph, a: Value, b: Value): Value {
  const one = graph.constant('int64', [1]);
  return graph.node('Div', [graph.node('Sub', [graph.node('Add', [a, b]), one]), b]);
}
