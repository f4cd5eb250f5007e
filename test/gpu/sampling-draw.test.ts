/** Drawing on the device against `pickToken`, the rules of the processor. */

import { afterAll, describe, expect, it } from 'vitest';

import type { SampleRequest } from '../../src/engine/engine.ts';
import { pickToken, tokenUniform } from '../../src/engine/local/sampling/pick-token.ts';
import { float32, openDeviceSession, type Session } from '../../src/engine/local/session.ts';
import {
  DRAW_INPUTS,
  drawFeeds,
  type DrawGraph,
  drawGraph,
  filtersOf,
} from '../../src/engine/local/webgpu/sampling/draw-graph.ts';
import { Random } from '../../src/random.ts';

const ALL = { minP: true, topK: true, topP: true };
const NONE = { minP: false, topK: false, topP: false };
const opened = new Map<string, Promise<{ graph: DrawGraph; session: Session }>>();
afterAll(async () => {
  for (const one of opened.values()) await (await one).session.release();
});

interface Drawn {
  token: number;
  logprob: number;
}

async function draw(
  rows: readonly Float32Array[],
  requests: readonly SampleRequest[],
  filters = filtersOf(requests),
): Promise<Drawn[]> {
  const vocabulary = rows[0].length;
  const key = JSON.stringify({ vocabulary, filters });
  const known = opened.get(key);
  const open = known ?? openGraph(drawGraph(vocabulary, filters));
  opened.set(key, open);
  const { graph, session } = await open;
  const logs = new Float32Array(rows.length * vocabulary);
  rows.forEach((row, at) => logs.set(row, at * vocabulary));
  const outputs = await session.run({
    [DRAW_INPUTS.logs]: float32(logs, [rows.length, vocabulary]),
    ...drawFeeds(
      requests.map((request) => ({ request, sample: 0, position: 0 })),
      vocabulary,
      filters,
    ),
  });
  return requests.map((_, at) => ({
    token: Number(outputs[graph.token].data[at]),
    logprob: Number(outputs[graph.logprob].data[at]),
  }));
}

async function openGraph(graph: DrawGraph): Promise<{ graph: DrawGraph; session: Session }> {
  return { graph, session: await openDeviceSession(graph.model) };
}

function randomRow(random: Random, vocabulary: number, spread: number): Float32Array {
  const logits = Array.from({ length: vocabulary }, () => spread * random.normal());
  const top = Math.max(...logits);
  const total = top + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
  return Float32Array.from(logits, (logit) => logit - total);
}

const request = (seed: number, options: Partial<SampleRequest>): SampleRequest => ({
  prompt: new Int32Array(1),
  n: 1,
  seed,
  maxTokens: 1,
  temperature: 1,
  topP: 1,
  topK: 0,
  ...options,
});

/**
 * Draws as the processor does, but always in the order of ids: it draws from short lists in the order of likelihood. The
 * kept tokens are found by sorting the whole row.
 */
function expected(row: Float32Array, options: SampleRequest, uniform: number): number {
  const { temperature, topK, topP, minP = 0 } = options;
  if (temperature === 0 || (topK === 0 && topP === 1 && minP === 0)) return pickToken(row, options, uniform);
  const order = [...row.keys()].toSorted((a, b) => row[b] - row[a] || a - b);
  const weight = (token: number): number => Math.exp((row[token] - row[order[0]]) / temperature);
  const likely = order.filter((token) => weight(token) >= minP).slice(0, topK > 0 ? topK : row.length);
  const total = likely.reduce((sum, token) => sum + weight(token), 0);
  let mass = 0;
  const kept = likely.filter((token) => (mass += weight(token)) - weight(token) < topP * total);
  const ascending = kept.toSorted((a, b) => a - b);
  let left = uniform * ascending.reduce((sum, token) => sum + weight(token), 0);
  return ascending.find((token) => (left -= weight(token)) < 0) ?? ascending[ascending.length - 1];
}

/** Returns whether the uniform number is so close to a token's limit that a rounding decides. */
function onEdge(row: Float32Array, options: SampleRequest): boolean {
  const uniform = tokenUniform(options.seed, 0, 0);
  const near = [-4e-6, 4e-6].map((shift) => expected(row, options, Math.min(Math.max(uniform + shift, 0), 1 - 1e-12)));
  return near[0] !== near[1];
}

const OPTIONS: readonly Partial<SampleRequest>[] = [
  {},
  { temperature: 0 },
  { temperature: 0.7 },
  { temperature: 0.01 },
  { temperature: 50 },
  { topK: 1 },
  { topK: 5 },
  { topK: 200, temperature: 1.5 },
  { topK: 100_000 },
  { topP: 0.9 },
  { topP: 0.05 },
  { topP: 0.5, temperature: 0.3 },
  { minP: 0.1 },
  { minP: 1 },
  { minP: 0.02, topK: 40, topP: 0.8, temperature: 1.2 },
];

describe('drawing on the device', () => {
  it.each([3, 255, 256, 257, 1000, 5000])(
    'draws the token that the processor draws from %i tokens',
    async (vocabulary) => {
      const random = new Random(vocabulary);
      const requests = Array.from({ length: 4 }, (_, at) =>
        OPTIONS.map((options, i) => request(at * 100 + i, options)),
      );
      const rows = requests.flat().map((_, at) => randomRow(random, vocabulary, [1, 3, 0.1][at % 3]));
      const drawn = await draw(rows, requests.flat(), ALL);
      let compared = 0;
      for (const [at, options] of requests.flat().entries()) {
        expect(drawn[at].logprob).toBe(rows[at][drawn[at].token]);
        if (options.temperature > 0 && onEdge(rows[at], options)) continue;
        compared++;
        expect(drawn[at].token, JSON.stringify({ options, at })).toBe(
          expected(rows[at], options, tokenUniform(options.seed, 0, 0)),
        );
      }
      expect(compared).toBeGreaterThan(0.8 * drawn.length);
    },
  );

  it('draws the same without filters that no row uses', async () => {
    const random = new Random(1);
    const requests = Array.from({ length: 40 }, (_, at) => request(at, { temperature: at % 2 }));
    const rows = requests.map(() => randomRow(random, 700, 2));
    expect(await draw(rows, requests, NONE)).toEqual(await draw(rows, requests, ALL));
  });

  it('draws a token that has a probability at both ends of the uniform numbers', async () => {
    const row = new Float32Array(600).fill(-200);
    row[2] = Math.log(0.5);
    row[300] = Math.log(0.5);
    const ends = [0, 0.499, 0.501, 0.999999, 1 - 2 ** -32];
    const feeds = ends.map(() => request(0, {}));
    const graph = drawGraph(600, NONE);
    const session = await openDeviceSession(graph.model);
    try {
      const logs = new Float32Array(ends.length * 600);
      ends.forEach((_, at) => logs.set(row, at * 600));
      const outputs = await session.run({
        ...drawFeeds(
          feeds.map((one) => ({ request: one, sample: 0, position: 0 })),
          600,
          NONE,
        ),
        [DRAW_INPUTS.logs]: float32(logs, [ends.length, 600]),
        [DRAW_INPUTS.uniform]: float32(
          Float32Array.from(ends, (end) => Math.min(end, 1 - 2 ** -23)),
          [ends.length, 1],
        ),
      });
      expect(Array.from(outputs[graph.token].data, Number)).toEqual([2, 2, 300, 300, 300]);
    } finally {
      await session.release();
    }
  });

  it('takes the first of the likeliest tokens at temperature 0', async () => {
    const row = new Float32Array(513).fill(-7);
    for (const at of [255, 256, 400]) row[at] = -1;
    expect(await draw([row], [request(3, { temperature: 0 })])).toEqual([{ token: 255, logprob: -1 }]);
  });

  it('returns no finite log-probability for a row without one', async () => {
    const good = randomRow(new Random(2), 300, 1);
    const rows = [good, new Float32Array(300).fill(Number.NaN)];
    const found = await draw(rows, [request(1, {}), request(2, {})]);
    expect(found[0].logprob).toBe(good[found[0].token]);
    expect(found[1].logprob).toBeNaN();
  });
});
