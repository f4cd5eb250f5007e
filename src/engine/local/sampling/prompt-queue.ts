/**
 * Yields every requested completion with its prompt, in the order of the requests. A prompt runs once for all
 * completions and requests that start with it, and stays in memory until the last of them was yielded.
 * Prefill itself is in `prefill.ts`.
 */

import type { SampleRequest } from '../../engine.ts';

/** Runs distinct prompts; returns one result each. */
export type RunPrompts<Prompt> = (prompts: readonly Int32Array[]) => Promise<Prompt[]>;

/** One completion to decode: sample `sample` of request `request`. */
export interface Prompted<Prompt> {
  request: number;
  sample: number;
  prompt: Prompt;
}

/** Number of prompts that run together. */
export const GROUP_PROMPTS = 64;
/**
 * Tokens per group, including padding: enough rows to keep the processor busy, few enough to store their keys
 * and values.
 */
export const GROUP_TOKENS = 4096;

export async function* promptedCompletions<Prompt>(
  requests: readonly SampleRequest[],
  run: RunPrompts<Prompt>,
): AsyncGenerator<Prompted<Prompt>> {
  const keys = requests.map(({ prompt }) => prompt.join(','));
  const uses = new Map<string, number>();
  for (const key of keys) uses.set(key, (uses.get(key) ?? 0) + 1);
  const ready = new Map<string, Prompt>();
  for (const [request, key] of keys.entries()) {
    if (!ready.has(key)) {
      const group = nextGroup(requests, keys, request, ready);
      const results = await run(group.map((at) => requests[at].prompt));
      group.forEach((at, row) => ready.set(keys[at], results[row]));
    }
    const prompt = ready.get(key);
    if (prompt === undefined) throw new Error('a prompt was not run');
    for (let sample = 0; sample < requests[request].n; sample++) yield { request, sample, prompt };
    const left = (uses.get(key) ?? 0) - 1;
    uses.set(key, left);
    if (left === 0) ready.delete(key);
  }
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
    let time = 0;
    while (to < apart.length && to - from < GROUP_PROMPTS) {
      time = Math.max(time, apart[to].prompt.length);
      if (to > from && (to - from + 1) * time > GROUP_TOKENS) break;
      to++;
    }
    const group = apart.slice(from, to);
    const results = await run(group.map(({ prompt }) => prompt));
    for (const [row, { request, sample }] of group.entries()) yield { request, sample, prompt: results[row] };
    from = to;
  }
}

/**
 * Returns the requests from `from` on whose prompts run together: distinct prompts that have no result yet.
 */
function nextGroup(
  requests: readonly SampleRequest[],
  keys: readonly string[],
  from: number,
  ready: ReadonlyMap<string, unknown>,
): number[] {
  const group = new Map<string, number>();
  let time = 0;
  for (let at = from; at < requests.length && group.size < GROUP_PROMPTS; at++) {
    if (ready.has(keys[at]) || group.has(keys[at])) continue;
    const longest = Math.max(time, requests[at].prompt.length);
    if (group.size > 0 && (group.size + 1) * longest > GROUP_TOKENS) break;
    time = longest;
    group.set(keys[at], at);
  }
  return [...group.values()];
}
