/**
 * Draws one token from raw log-probabilities: temperature, then min-p and top-k, then top-p (nucleus
 * sampling), in the same order as vLLM. Pure: the same distribution, options and uniform number give the same
 * token. Batching is in `batch-sampler.ts`.
 */

import { mix32 } from '../../../random.ts';
import type { SamplingOptions } from '../../engine.ts';
import { argmax } from './argmax.ts';
import { LikelihoodBins } from './likelihood-bins.ts';

/**
 * Returns a uniform number in [0, 1) for token `position` of sample `index`. Counter-based, so there is no
 * generator state.
 */
export function tokenUniform(seed: number, index: number, position: number): number {
  return (
    mix32(mix32(mix32(seed) ^ Math.imul(index + 1, 0x9e3779b1)) ^ Math.imul(position + 1, 0x85ebca77)) / 4294967296
  );
}

/** Up to this many tokens are kept sorted while the row is read. */
const SHORT_LIST = 64;

/** Sums over consecutive tokens of a row, which avoid reading most of it. */
export interface Blocks {
  /** Probability of each block. */
  mass: Float32Array;
  /** Tokens per block; the last block may have fewer. */
  size: number;
}

/**
 * Draws a token.
 *
 * @param row log-probabilities of the whole vocabulary
 * @param blocks of the row, if the vocabulary is large
 */
export function pickToken(row: Float32Array, options: SamplingOptions, uniform: number, blocks?: Blocks): number {
  const { temperature, topP, topK, minP = 0 } = options;
  if (temperature === 0) return argmax(row);
  const limit = topK > 0 ? topK : row.length;
  if (limit >= row.length && topP >= 1 && minP === 0) {
    return blocks !== undefined && temperature === 1
      ? drawByBlocks(row, blocks, uniform)
      : pickFromAll(row, temperature, uniform);
  }
  return limit <= SHORT_LIST
    ? pickFromTop(row, options, limit, uniform)
    : pickFromNucleus(row, options, limit, uniform);
}

function pickFromAll(row: Float32Array, temperature: number, uniform: number): number {
  if (temperature === 1) return draw(row, uniform, 0, 1);
  const top = row[argmax(row)];
  let total = 0;
  for (let i = 0; i < row.length; i++) total += Math.exp((row[i] - top) / temperature);
  return draw(row, uniform * total, top, temperature);
}

/** Returns the token at which the cumulative mass of exp((value − shift) / temperature) exceeds `mass`. */
function draw(row: Float32Array, mass: number, shift: number, temperature: number): number {
  let left = mass;
  for (let i = 0; i < row.length; i++) {
    left -= Math.exp((row[i] - shift) / temperature);
    if (left < 0) return i;
  }
  return argmax(row);
}

/** Same as `draw` at temperature 1, but skips whole blocks. */
function drawByBlocks(row: Float32Array, { mass, size }: Blocks, uniform: number): number {
  let left = uniform;
  let block = 0;
  while (block < mass.length - 1 && left >= mass[block]) left -= mass[block++];
  const start = block * size;
  const end = Math.min(row.length, start + size);
  for (let i = start; i < end; i++) {
    left -= Math.exp(row[i]);
    if (left < 0) return i;
  }
  // A block's sum may exceed the sum of its tokens by rounding, and the draw may fall in between.
  return start + argmax(row.subarray(start, end));
}

/** Draws from the `limit` most likely tokens after min-p and top-p, most likely first (ties by token id). */
function pickFromTop(
  row: Float32Array,
  { temperature, topP, minP = 0 }: SamplingOptions,
  limit: number,
  uniform: number,
): number {
  const order = mostLikely(row, Math.min(limit, row.length));
  const top = row[order[0]];
  const all = order.map((token) => Math.exp((row[token] - top) / temperature));
  const weights = minP > 0 ? all.filter((weight) => weight >= minP) : all;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let kept = weights.length;
  if (topP < 1) {
    let mass = 0;
    kept = weights.findIndex((weight) => (mass += weight) >= topP * total) + 1 || weights.length;
  }
  let left = 0;
  for (let i = 0; i < kept; i++) left += weights[i];
  left *= uniform;
  for (let i = 0; i < kept; i++) {
    left -= weights[i];
    if (left < 0) return order[i];
  }
  return order[kept - 1];
}

/** Returns the indices of the `count` largest values, descending. */
function mostLikely(row: Float32Array, count: number): number[] {
  const order: number[] = [];
  for (let token = 0; token < row.length; token++) {
    const value = row[token];
    if (order.length === count && value <= row[order[count - 1]]) continue;
    let at = order.length === count ? count - 1 : order.length;
    while (at > 0 && row[order[at - 1]] < value) {
      order[at] = order[at - 1];
      at--;
    }
    order[at] = token;
  }
  return order;
}

/**
 * Same as `pickFromTop` for lists too long to sort: tokens are counted into bins of likelihood, and only one
 * bin is sorted.
 */
function pickFromNucleus(
  row: Float32Array,
  { temperature, topP, minP = 0 }: SamplingOptions,
  limit: number,
  uniform: number,
): number {
  const bins = new LikelihoodBins(row, temperature, minP);
  const within = bins.cut(limit, Infinity);
  const { last, mass } = topP < 1 ? bins.cut(limit, topP * within.mass) : within;
  const lowest = row[last];
  let left = uniform * mass;
  // The mass was summed in another order, so rounding may leave some of it after the last kept token.
  let drawn = last;
  for (let token = 0; token < row.length && left >= 0; token++) {
    const value = row[token];
    if (value < lowest || (value === lowest && token > last)) continue;
    left -= bins.weight(value);
    drawn = token;
  }
  return drawn;
}
