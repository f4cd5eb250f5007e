/**
 * Yields every requested completion with its prompt, in the order of the requests. A prompt runs once for all
 * completions and requests that start with it, and stays in memory until the requests after the last of them.
 * Prefill itself is in `prefill/`.
 */

import type { SampleRequest } from '../../engine.ts';
import { type CountTokens, GROUP_PROMPTS, GROUP_TOKENS, wholePrompts } from './prompt-tokens.ts';

/** Runs distinct prompts; returns one result each. */
export type RunPrompts<Prompt> = (prompts: readonly Int32Array[]) => Promise<Prompt[]>;

/** One completion to decode: sample `sample` of request `request`. */
export interface Prompted<Prompt> {
  request: number;
  sample: number;
  prompt: Prompt;
}

/** Consecutive completions of one request: from sample `from` on, up to but without `to`. */
export interface Span {
  request: number;
  from: number;
  to: number;
}

/** Returns the completions to start next, in the order of the requests; none if all have been started. */
export type Pull = () => readonly Span[];

/** The part of a call that one sampler takes, if others take the rest. */
export interface Share {
  pull: Pull;
  /** Number of samplers that take part. They divide the memory of slots and prompts. */
  sides: number;
}

/**
 * @param share default: all completions
 * @param count how many tokens a group of prompts runs. Default: all, padded
 */
export async function* promptedCompletions<Prompt>(
  requests: readonly SampleRequest[],
  run: RunPrompts<Prompt>,
  { pull, sides }: Share = { pull: pullOnce(requests), sides: 1 },
  count: CountTokens = wholePrompts,
): AsyncGenerator<Prompted<Prompt>> {
  const keys = requests.map(({ prompt }) => prompt.join(','));
  const lastUse = new Map(keys.map((key, request) => [key, request]));
  const ready = new Map<string, Prompt>();
  for (let spans = pull(); spans.length > 0; spans = pull()) {
    const end = spans[spans.length - 1].request + 1;
    for (const { request, from, to } of spans) {
      const key = keys[request];
      for (const known of ready.keys()) if ((lastUse.get(known) ?? 0) < request) ready.delete(known);
      if (!ready.has(key)) {
        const limits = { from: request, end, tokens: GROUP_TOKENS / sides };
        const group = nextGroup(requests, keys, limits, { ready, count });
        const results = await run(group.map((at) => requests[at].prompt));
        group.forEach((at, row) => ready.set(keys[at], results[row]));
      }
      const prompt = ready.get(key);
      if (prompt === undefined) throw new Error('a prompt was not run');
      for (let sample = from; sample < to; sample++) yield { request, sample, prompt };
    }
  }
}

function pullOnce(requests: readonly SampleRequest[]): Pull {
  let spans: Span[] = requests.map(({ n }, request) => ({ request, from: 0, to: n }));
  return () => {
    const all = spans;
    spans = [];
    return all;
  };
}

/**
 * Same as `promptedCompletions`, but runs the prompt of every completion separately. Baseline for shared
 * prompts.
 */
export async function* unsharedCompletions<Prompt>(
  requests: readonly SampleRequest[],
  run: RunPrompts<Prompt>,
): AsyncGenerator<Prompted<Prompt>> {
  const apart = requests.flatMap(({ prompt, n }, request) =>
    Array.from({ length: n }, (_, sample) => ({ request, sample, prompt })),
  );
  for (let from = 0; from < apart.length;) {
    let to = from;
    const withPrompt = wholePrompts();
    while (to < apart.length && to - from < GROUP_PROMPTS) {
      const total = withPrompt(apart[to].prompt);
      if (to > from && total > GROUP_TOKENS) break;
      to++;
    }
    const group = apart.slice(from, to);
    const results = await run(group.map(({ prompt }) => prompt));
    for (const [row, { request, sample }] of group.entries()) yield { request, sample, prompt: results[row] };
    from = to;
  }
}

/**
 * Returns the requests from `from` on, before `end`, whose prompts run together: distinct prompts that have no result
 * yet, of at most `tokens` tokens.
 */
function nextGroup(
  requests: readonly SampleRequest[],
  keys: readonly string[],
  { from, end, tokens }: { from: number; end: number; tokens: number },
  { ready, count }: { ready: ReadonlyMap<string, unknown>; count: CountTokens },
): number[] {
  const group = new Map<string, number>();
  const withPrompt = count();
  for (let at = from; at < end && group.size < GROUP_PROMPTS; at++) {
    if (ready.has(keys[at]) || group.has(keys[at])) continue;
    const total = withPrompt(requests[at].prompt);
    if (group.size > 0 && total > tokens) break;
    group.set(keys[at], at);
  }
  return [...group.values()];
}
