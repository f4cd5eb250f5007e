/** Completions of the fake: texts that it was given, or random tokens of its model. */

import { Random, deriveSeed } from '../../../src/random.ts';
import type { SampleOutput, WireSampleRequest, WireSequence } from '../../../src/wire/messages.ts';
import { CLASSES, classSize, tokenLogprobs } from './model.ts';
import type { FakeState } from './model.ts';
import type { FakeOptions } from './options.ts';

const STARTS = 1024;

/** Samples a request. The same request with a seed returns the same tokens; completion i depends on (seed, i). */
export function sampleFake(
  options: FakeOptions,
  state: FakeState,
  request: WireSampleRequest,
  turn: number,
): SampleOutput {
  const table = tokenLogprobs(state, options.vocabulary);
  const texts = options.texts.find(({ marker }) => contains(request.prompt, marker))?.completions;
  const draw = texts === undefined ? drawer(options, table, request) : null;
  const sequences = Array.from({ length: request.n }, (_, i): WireSequence => {
    const random = new Random(deriveSeed(request.params.seed ?? `unseeded ${turn}`, i));
    const { tokens, stopReason } =
      draw === null
        ? cut(Int32Array.from([...random.pick(texts ?? [[]]), options.endToken]), request.params.max_tokens)
        : randomTokens(options, request, random, draw);
    return { tokens, logprobs: logprobsOf(tokens, table), stopReason };
  });
  return { sequences, promptLogprobs: request.promptLogprobs ? promptLogprobs(request.prompt, table) : null };
}

/** A plain loop: the callback of `from` takes most of the time of a sample. */
function logprobsOf(tokens: Int32Array, table: Float64Array): Float32Array {
  const out = new Float32Array(tokens.length);
  for (let i = 0; i < out.length; i++) out[i] = table[tokens[i] % CLASSES];
  return out;
}

function promptLogprobs(prompt: Int32Array, table: Float64Array): Float32Array {
  const out = logprobsOf(prompt, table);
  if (out.length > 0) out[0] = Number.NaN;
  return out;
}

function randomTokens(
  { meanTokens, endToken }: FakeOptions,
  { params }: WireSampleRequest,
  random: Random,
  draw: (random: Random) => number,
): { tokens: Int32Array; stopReason: 'stop' | 'length' } {
  const stops = new Set<number | string>(params.stop ?? []);
  const length = Math.max(1, Math.round(meanTokens * (0.5 + random.next())));
  const tokens = new Int32Array(Math.min(length, params.max_tokens));
  for (let i = 0; i < tokens.length; i++) {
    tokens[i] = i === length - 1 ? endToken : draw(random);
    if (stops.size > 0 && stops.has(tokens[i])) return { tokens: tokens.slice(0, i + 1), stopReason: 'stop' };
  }
  return { tokens, stopReason: length <= params.max_tokens ? 'stop' : 'length' };
}

function cut(tokens: Int32Array, limit: number): { tokens: Int32Array; stopReason: 'stop' | 'length' } {
  return { tokens: tokens.slice(0, limit), stopReason: tokens.length <= limit ? 'stop' : 'length' };
}

/** Returns a function that draws tokens with the request's temperature, top-k and top-p. The end token is not drawn. */
function drawer(
  { vocabulary, endToken }: FakeOptions,
  table: Float64Array,
  { params }: WireSampleRequest,
): (random: Random) => number {
  const { temperature, top_k: topK, top_p: topP } = params;
  const order = Array.from(table.keys()).sort((a, b) => table[b] - table[a]);
  if (temperature === 0) return () => order[0];
  let total = 0;
  for (let i = 0; i < CLASSES; i++) total += classSize(vocabulary, i) * Math.exp(table[i] / temperature);
  let room = topK > 0 ? topK : Infinity;
  let mass = topP;
  const classes: number[] = [];
  const counts: number[] = [];
  const ends: number[] = [];
  let end = 0;
  for (const index of order) {
    const each = Math.exp(table[index] / temperature) / total;
    const count = Math.min(classSize(vocabulary, index), room, Math.ceil(mass / each - 1e-9));
    if (count <= 0) break;
    room -= count;
    mass -= count * each;
    end += count * each;
    classes.push(index);
    counts.push(count);
    ends.push(end);
  }
  // Where to begin to look, by the leading part of the number that was drawn: most tokens need one comparison.
  const starts = new Uint8Array(STARTS);
  for (let part = 1, i = 0; part < STARTS; part++) {
    while (i < ends.length - 1 && ends[i] <= (part / STARTS) * end) i++;
    starts[part] = i;
  }
  return (random) => {
    for (;;) {
      const part = random.next();
      const at = part * end;
      let i = starts[Math.floor(part * STARTS)];
      while (i < ends.length - 1 && ends[i] <= at) i++;
      const token = classes[i] + CLASSES * Math.floor(random.next() * counts[i]);
      if (token !== endToken || (classes.length === 1 && counts[0] === 1)) return token;
    }
  };
}

function contains(tokens: Int32Array, marker: readonly number[]): boolean {
  if (marker.length === 0) return true;
  for (let at = tokens.indexOf(marker[0]); at >= 0; at = tokens.indexOf(marker[0], at + 1)) {
    if (marker.every((token, i) => tokens[at + i] === token)) return true;
  }
  return false;
}
