/**
 * The graph that draws tokens on the device. The rules are those of `sampling/pick-token.ts`: temperature, min-p, top-k,
 * top-p, then the token at which the cumulative mass exceeds the uniform number. Differences: sums are in 32 bits, so a
 * draw on a rounding edge may give the neighbour; tokens whose log-probability equals that of the last kept one are all
 * kept (`keep-likely.ts`); and the order of the cumulative mass is that of ids for every filter.
 *
 * Sums run over blocks of tokens first and then inside one block, because a cumulative sum over n values takes n² steps.
 */

import { tokenUniform } from '../../sampling/pick-token.ts';
import type { SampleRequest } from '../../../engine.ts';
import { OnnxGraph, type Value } from '../../onnx/graph.ts';
import { float32, type Feeds } from '../../session.ts';
import { keepLikely, keepNucleus } from './keep-likely.ts';

/** Tokens per block. */
const BLOCK = 256;

/** Which filters the graph contains. A row that does not use one of them passes it unchanged. */
export interface Filters {
  minP: boolean;
  topK: boolean;
  topP: boolean;
}

export interface DrawGraph {
  model: Uint8Array;
  /** Output int32 `[S, 1]` */
  token: Value;
  /** Output float `[S, 1]`: raw log-probability of the token. */
  logprob: Value;
}

/** Inputs of the graph for S rows; each but `logs` is float `[S, 1]`. */
export const DRAW_INPUTS = {
  /** float [S, vocabulary]: raw log-probabilities. */
  logs: 'logs',
  uniform: 'uniform',
  temperature: 'temperature',
  /** Number of blocks in the rows before. */
  blocksBefore: 'blocks_before',
  minP: 'min_p',
  topK: 'top_k',
  topP: 'top_p',
} as const;

const IN = DRAW_INPUTS;

export function drawGraph(vocabulary: number, filters: Filters): DrawGraph {
  const graph = new OnnxGraph('webgpu');
  const column = (name: string): Value => graph.input(name, 'float', ['S', 1]);
  const logs = graph.input(IN.logs, 'float', ['S', vocabulary]);
  const last = graph.constant('int64', [-1]);
  const below = graph.node('Sub', [logs, graph.node('ReduceMax', [logs, last])]);
  const temperature = column(IN.temperature);
  let weights = graph.node('Exp', [graph.node('Div', [below, temperature])]);
  if (filters.minP) {
    const kept = graph.node('GreaterOrEqual', [weights, column(IN.minP)]);
    weights = graph.node('Where', [kept, weights, graph.constant('float', [0])]);
  }
  const scale = { below, temperature };
  if (filters.topK) weights = keepLikely(graph, weights, scale, column(IN.topK));
  if (filters.topP) weights = keepNucleus(graph, weights, scale, column(IN.topP));
  const drawn = drawFrom(graph, weights, vocabulary, column(IN.uniform), column(IN.blocksBefore));
  // Not a number anywhere in a row: no comparison above holds.
  const highest = graph.constant('float', [vocabulary - 1]);
  const inside = graph.node('Where', [graph.node('Greater', [drawn, highest]), highest, drawn]);
  const token = graph.output(index(graph, inside), 'int32');
  const logprob = graph.output(at(graph, logs, token), 'float');
  return { model: graph.finish(), token, logprob };
}

/** Emits the index `[S, 1]`, as float, of the token at which the cumulative weight of a row exceeds its share. */
function drawFrom(graph: OnnxGraph, weights: Value, vocabulary: number, uniform: Value, blocksBefore: Value): Value {
  const blocks = Math.ceil(vocabulary / BLOCK);
  const missing = blocks * BLOCK - vocabulary;
  const whole = missing === 0 ? weights : graph.node('Pad', [weights, graph.constant('int64', [0, 0, 0, missing])]);
  const rows = graph.node('Reshape', [whole, graph.constant('int64', [-1, BLOCK])]);
  const sums = graph.node('ReduceSum', [rows, graph.constant('int64', [-1])], { attributes: { keepdims: 0 } });
  const ofBlocks = sumsBefore(graph, graph.node('Reshape', [sums, graph.constant('int64', [-1, blocks])]), blocks);
  const mass = graph.node('Mul', [uniform, ofBlocks.total]);
  const block = lastReached(graph, ofBlocks.before, mass);
  const rest = graph.node('Sub', [mass, at(graph, ofBlocks.before, index(graph, block))]);
  const flat = graph.node('Reshape', [graph.node('Add', [blocksBefore, block]), graph.constant('int64', [-1])]);
  const inside = sumsBefore(
    graph,
    graph.node('Gather', [rows, index(graph, flat)], { attributes: { axis: 0 } }),
    BLOCK,
  );
  // The sum of a block may exceed the sum of its tokens by rounding, and the draw may fall in between.
  const most = graph.node('Mul', [inside.total, graph.constant('float', [BELOW_ONE])]);
  const bounded = graph.node('Where', [graph.node('Greater', [rest, most]), most, rest]);
  const offset = graph.node('Mul', [block, graph.constant('float', [BLOCK])]);
  return graph.node('Add', [offset, lastReached(graph, inside.before, bounded)]);
}

/** Emits the sums of all values before each of `width` in a row, and the total `[S, 1]`. */
function sumsBefore(graph: OnnxGraph, values: Value, width: number): { before: Value; total: Value } {
  const axis = graph.constant('int64', [1]);
  const before = graph.node('CumSum', [values, graph.constant('int64', [1], [])], { attributes: { exclusive: 1 } });
  const ends = [graph.constant('int64', [width - 1]), graph.constant('int64', [width]), axis];
  return { before, total: graph.node('Slice', [graph.node('Add', [before, values]), ...ends]) };
}

/** Emits the last position `[S, 1]`, as float, of an ascending row that does not exceed `limit`; the first is 0. */
function lastReached(graph: OnnxGraph, row: Value, limit: Value): Value {
  const one = graph.constant('float', [1]);
  const reached = graph.node('Where', [graph.node('Greater', [row, limit]), graph.constant('float', [0]), one]);
  return graph.node('Sub', [graph.node('ReduceSum', [reached, graph.constant('int64', [-1])]), one]);
}

function index(graph: OnnxGraph, value: Value): Value {
  return graph.node('Cast', [value], { attributes: { to: 6 } });
}

/** Emits the value of each row at `column` `[S, 1]`. */
function at(graph: OnnxGraph, rows: Value, column: Value): Value {
  return graph.node('GatherElements', [rows, column], { attributes: { axis: 1 } });
}

/** Below 1 by two steps of a 32-bit number, so that its product with a positive number is below that number. */
const BELOW_ONE = 1 - 2 ** -23;
/** Leaves only the most likely tokens; zero would divide by zero. */
const GREEDY = 1e-30;
/** A value that no row reaches turns a filter off. */
const OFF = { topK: 1e30, topP: 2 };

/** The next token of one row: token `position` of completion `sample`. */
export interface DrawRow {
  request: SampleRequest;
  sample: number;
  position: number;
}

/** Returns the filters that any of the requests needs. */
export function filtersOf(requests: readonly SampleRequest[]): Filters {
  const drawn = requests.filter(({ temperature }) => temperature > 0);
  return {
    minP: drawn.some(({ minP = 0 }) => minP > 0),
    topK: drawn.some(({ topK }) => topK > 0),
    topP: drawn.some(({ topP }) => topP < 1),
  };
}

/** Builds the inputs of the graph except `logs`. Rows without a draw are null. */
export function drawFeeds(rows: readonly (DrawRow | null)[], vocabulary: number, filters: Filters): Feeds {
  const blocks = Math.ceil(vocabulary / BLOCK);
  const column = (valueOf: (row: DrawRow) => number, none: number): Feeds[string] =>
    float32(
      Float32Array.from(rows, (row) => (row === null ? none : valueOf(row))),
      [rows.length, 1],
    );
  const drawn = (valueOf: (row: DrawRow) => number, greedy: number): Feeds[string] =>
    column((row) => (row.request.temperature === 0 ? greedy : valueOf(row)), greedy);
  return {
    [IN.uniform]: drawn(uniformOf, 0),
    [IN.temperature]: drawn(({ request }) => request.temperature, GREEDY),
    [IN.blocksBefore]: float32(
      Float32Array.from(rows, (_, at) => at * blocks),
      [rows.length, 1],
    ),
    ...(filters.minP ? { [IN.minP]: drawn(({ request }) => request.minP ?? 0, 0) } : {}),
    ...(filters.topK
      ? { [IN.topK]: drawn(({ request }) => (request.topK > 0 ? request.topK : OFF.topK), OFF.topK) }
      : {}),
    ...(filters.topP
      ? { [IN.topP]: drawn(({ request }) => (request.topP < 1 ? request.topP : OFF.topP), OFF.topP) }
      : {}),
  };
}

function uniformOf({ request, sample, position }: DrawRow): number {
  return Math.min(BELOW_ONE, tokenUniform(request.seed, sample, position));
}
