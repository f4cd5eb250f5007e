import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SampleRequest } from '../../engine.ts';
import type { Prefilled } from './prefill/prefill.ts';
import { promptedCompletions, type Prompted, type Span, unsharedCompletions } from './prompt-queue.ts';

const requests = fc.array(
  fc.record({
    prompt: fc
      .tuple(fc.constantFrom(1, 2, 30, 700), fc.nat(5))
      .map(([length, token]) => new Int32Array(length).fill(token)),
    n: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 150 },
);

/** Replaces the model: the result is marked by its prompt. Records the batches that it received. */
function runner(batches: Int32Array[][]): (prompts: readonly Int32Array[]) => Promise<Prefilled[]> {
  return async (prompts) => {
    batches.push([...prompts]);
    return prompts.map((prompt) => ({
      parts: [],
      length: prompt.length,
      first: Float32Array.of(prompt.length, prompt[0]),
    }));
  };
}

async function all(
  queue: typeof promptedCompletions,
  given: { prompt: Int32Array; n: number }[],
): Promise<{ out: Prompted<Prefilled>[]; batches: Int32Array[][] }> {
  const batches: Int32Array[][] = [];
  const full = given.map((one): SampleRequest => ({ ...one, seed: 0, maxTokens: 1, temperature: 1, topP: 1, topK: 0 }));
  const out: Prompted<Prefilled>[] = [];
  for await (const one of queue(full, runner(batches))) out.push(one);
  return { out, batches };
}

describe.each([
  ['promptedCompletions', promptedCompletions],
  ['unsharedCompletions', unsharedCompletions],
])('%s', (name, queue) => {
  it('returns every completion with its own prompt, in order', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (given) => {
        const { out } = await all(queue, given);
        const wanted = given.flatMap(({ n }, request) => Array.from({ length: n }, (_, sample) => [request, sample]));
        expect(out.map(({ request, sample }) => [request, sample])).toEqual(wanted);
        for (const { request, prompt } of out)
          expect([...prompt.first]).toEqual([given[request].prompt.length, given[request].prompt[0]]);
      }),
      { numRuns: 50 },
    );
  });

  it('distinguishes prompts whose token lists look alike as text', async () => {
    const given = [[1, 11], [11, 1], [111], [1, 1, 1]].map((tokens) => ({ prompt: Int32Array.from(tokens), n: 1 }));
    const { out } = await all(queue, given);
    expect(out.map(({ prompt }) => [...prompt.first])).toEqual([
      [2, 1],
      [2, 11],
      [1, 111],
      [3, 1],
    ]);
  });

  it('runs prompts in groups of bounded size', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (given) => {
        const { batches } = await all(queue, given);
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(64);
          const padded = batch.length * Math.max(...batch.map((prompt) => prompt.length));
          expect(padded <= 4096 || batch.length === 1).toBe(true);
        }
        const runs = batches.flat().map(String);
        const distinct = new Set(given.map(({ prompt }) => String(prompt)));
        const completions = given.reduce((sum, { n }) => sum + n, 0);
        expect(runs).toHaveLength(name === 'promptedCompletions' ? distinct.size : completions);
      }),
      { numRuns: 50 },
    );
  });
});

it('takes what it pulls, runs a prompt once for several pulls, and pads groups of a share less', async () => {
  const prompts = [1, 1, 2, 3, 2].map((token) => new Int32Array(700).fill(token));
  const given = prompts.map((prompt): SampleRequest => ({
    prompt,
    n: 3,
    seed: 0,
    maxTokens: 1,
    temperature: 1,
    topP: 1,
    topK: 0,
  }));
  const pulls: Span[][] = [
    [{ request: 0, from: 1, to: 2 }],
    [
      { request: 0, from: 2, to: 3 },
      { request: 1, from: 0, to: 3 },
      { request: 2, from: 0, to: 1 },
    ],
    [
      { request: 3, from: 2, to: 3 },
      { request: 4, from: 0, to: 2 },
    ],
    [],
  ];
  const batches: Int32Array[][] = [];
  const pull = () => pulls.shift() ?? [];
  const out: string[] = [];
  for await (const { request, sample, prompt } of promptedCompletions(given, runner(batches), { pull, sides: 2 }))
    out.push(`${request}.${sample}:${prompt.first[1]}`);
  expect(out).toEqual(['0.1:1', '0.2:1', '1.0:1', '1.1:1', '1.2:1', '2.0:2', '3.2:3', '4.0:2', '4.1:2']);
  expect(batches.map((batch) => batch.map(([token]) => token))).toEqual([[1], [2], [3]]);
  const wide: Int32Array[][] = [];
  const distinct = given.map((one, at) => ({ ...one, prompt: new Int32Array(700).fill(at) }));
  const all = distinct.map(({ n }, request): Span => ({ request, from: 0, to: n }));
  const once = [all];
  for await (const _ of promptedCompletions(distinct, runner(wide), { pull: () => once.pop() ?? [], sides: 2 }));
  expect(wide.map(({ length }) => length)).toEqual([2, 2, 1]);
});
