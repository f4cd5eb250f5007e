/**
 * A minimal trainable language model: the logits of the next token are a row of one table (selected by the last token)
 * plus a row of another (selected by the token before it). Forward and gradient are exact and a few lines long, in
 * double precision over float32 tables.
 */

import { mix32, Random } from '../../../src/random.ts';
import type { Completion, Example, SamplingOptions, TokenMeasures, Tokens } from '../../../src/engine/engine.ts';
import { type Decode, isStopToken, matchedStop } from '../../../src/engine/stop-strings.ts';

/** Both tables are row-major [vocabulary, vocabulary]; row = context token, column = next token. */
export interface TableModel {
  vocabulary: number;
  bigram: Float32Array;
  skip: Float32Array;
}

/** Gradient buffers with the shape of the model. */
export interface TableGradient {
  bigram: Float64Array;
  skip: Float64Array;
}

export function zeroGradient(model: TableModel): TableGradient {
  return { bigram: new Float64Array(model.bigram.length), skip: new Float64Array(model.skip.length) };
}

export function copyModel(model: TableModel): TableModel {
  return { vocabulary: model.vocabulary, bigram: model.bigram.slice(), skip: model.skip.slice() };
}

/** Computes the log-probabilities of all next tokens after `before` (-1 for none) and `previous`. */
export function nextLogprobs(model: TableModel, previous: number, before: number): Float64Array {
  const { vocabulary, bigram, skip } = model;
  const out = new Float64Array(vocabulary);
  let highest = -Infinity;
  for (let v = 0; v < vocabulary; v++) {
    out[v] = bigram[previous * vocabulary + v] + (before < 0 ? 0 : skip[before * vocabulary + v]);
    if (out[v] > highest) highest = out[v];
  }
  let sum = 0;
  for (let v = 0; v < vocabulary; v++) sum += Math.exp(out[v] - highest);
  const logTotal = highest + Math.log(sum);
  for (let v = 0; v < vocabulary; v++) out[v] -= logTotal;
  return out;
}

/**
 * Computes the log-probability of every masked target (0 elsewhere), and the sum of the entropy (nats) at these
 * positions.
 */
export function forward(
  model: TableModel,
  example: Example,
): { logprobs: Float32Array; entropySum: number; positions: number } {
  const logprobs = new Float32Array(example.target.length);
  let entropySum = 0;
  let positions = 0;
  for (let at = 0; at < logprobs.length; at++) {
    if (!example.mask[at]) continue;
    const all = nextLogprobs(model, example.input[at], at > 0 ? example.input[at - 1] : -1);
    logprobs[at] = all[example.target[at]];
    for (const lp of all) entropySum -= lp === -Infinity ? 0 : Math.exp(lp) * lp;
    positions++;
  }
  return { logprobs, entropySum, positions };
}

/** Measures the distribution of every masked target (0 elsewhere). */
export function measure(model: TableModel, { input, target, mask }: Example): TokenMeasures {
  const [logprobs, entropy, certainty] = Array.from({ length: 3 }, () => new Float32Array(target.length));
  for (let at = 0; at < target.length; at++) {
    if (!mask[at]) continue;
    const all = nextLogprobs(model, input[at], at > 0 ? input[at - 1] : -1);
    logprobs[at] = all[target[at]];
    for (const logprob of all) entropy[at] -= logprob === -Infinity ? 0 : Math.exp(logprob) * logprob;
    const mean = all.reduce((sum, logprob) => sum + logprob, 0) / all.length;
    certainty[at] = Math.max(0, -Math.log(all.length) - mean);
  }
  return { logprobs, entropy, certainty };
}

/** Adds the gradient of sum(coefficients * logprobs) to `gradient`. */
export function backward(
  model: TableModel,
  example: Example,
  coefficients: Float32Array,
  gradient: TableGradient,
): void {
  const { vocabulary } = model;
  for (let at = 0; at < coefficients.length; at++) {
    if (!example.mask[at] || coefficients[at] === 0) continue;
    const previous = example.input[at];
    const before = at > 0 ? example.input[at - 1] : -1;
    const all = nextLogprobs(model, previous, before);
    for (let v = 0; v < vocabulary; v++) {
      const slope = coefficients[at] * ((v === example.target[at] ? 1 : 0) - Math.exp(all[v]));
      gradient.bigram[previous * vocabulary + v] += slope;
      if (before >= 0) gradient.skip[before * vocabulary + v] += slope;
    }
  }
}

/** Conditions that end a completion, in addition to its length. */
export interface Ends {
  /** The model's end tokens. */
  eosIds: readonly number[];
  /** For stop strings. */
  decode: Decode;
}

/** Samples one completion; draws depend only on (seed, index). */
export function sampleOne(
  model: TableModel,
  prompt: Tokens,
  options: SamplingOptions,
  stream: { seed: number; index: number },
  { eosIds, decode }: Ends,
): Omit<Completion, 'policyVersion'> {
  const random = new Random(mix32(stream.seed ^ mix32(stream.index + 1)));
  const tokens: number[] = [];
  const logprobs: number[] = [];
  let before = prompt.length > 1 ? prompt[prompt.length - 2] : -1;
  let previous = prompt[prompt.length - 1];
  while (tokens.length < options.maxTokens) {
    const all = nextLogprobs(model, previous, before);
    const token = choose(all, options, random);
    tokens.push(token);
    logprobs.push(all[token]);
    if (isStopToken(token, eosIds, options))
      return { tokens: Int32Array.from(tokens), logprobs: Float32Array.from(logprobs), stop: 'stop' };
    const stopString = matchedStop(tokens, options.stopStrings ?? [], decode);
    if (stopString !== null)
      return { tokens: Int32Array.from(tokens), logprobs: Float32Array.from(logprobs), stop: 'stop', stopString };
    before = previous;
    previous = token;
  }
  return { tokens: Int32Array.from(tokens), logprobs: Float32Array.from(logprobs), stop: 'length' };
}

/**
 * Applies temperature, then min-p and top-k, then top-p. Temperature 0 takes the most likely token (lowest id on ties).
 */
function choose(logprobs: Float64Array, options: SamplingOptions, random: Random): number {
  if (options.temperature === 0) return logprobs.indexOf(logprobs.reduce((a, b) => Math.max(a, b)));
  const weights = logprobs.map((logprob) => Math.exp(logprob / options.temperature));
  const plain = options.topK === 0 && options.topP >= 1 && (options.minP ?? 0) === 0;
  return random.weighted(Array.from(plain ? weights : truncated(weights, options)));
}

/** Returns the weights of the nucleus, all others 0. */
function truncated(weights: Float64Array, { topK, topP, minP = 0 }: SamplingOptions): Float64Array {
  const order = Array.from(weights.keys()).toSorted((a, b) => weights[b] - weights[a] || a - b);
  const likely = order.filter((token) => weights[token] >= minP * weights[order[0]]);
  const kept = topK > 0 ? likely.slice(0, topK) : likely;
  const total = kept.reduce((sum, token) => sum + weights[token], 0);
  const out = new Float64Array(weights.length);
  let mass = 0;
  for (const token of kept) {
    if (mass > 0 && mass >= topP * total) break;
    out[token] = weights[token];
    mass += weights[token];
  }
  return out;
}
