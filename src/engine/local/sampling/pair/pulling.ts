/**
 * Divides the completions of a call between samplers that take the next ones when they have room (guided
 * self-scheduling): many at first, so that prompts run in large batches, and few at the end, so that all samplers end
 * together.
 */

import type { SampleRequest } from '../../../engine.ts';
import type { Pull, Span } from '../prompt-queue.ts';
import type { Board } from './board.ts';

/** Returns how one side takes its completions. Both sides number them alike, in the order of the requests. */
export function sharedPull(requests: readonly SampleRequest[], board: Board): Pull {
  const starts = startsOf(requests);
  const total = starts[requests.length];
  let request = 0;
  return () => {
    const taken = board.take(total, (from) => endOfPull(starts, from));
    if (taken === null) return [];
    request = requestAt(starts, taken.from, request);
    return spansOf(starts, request, taken);
  };
}

/** Returns the number of the first completion of every request, and at last the number of all. */
export function startsOf(requests: readonly Pick<SampleRequest, 'n'>[]): number[] {
  const starts = [0];
  for (const { n } of requests) starts.push(starts[starts.length - 1] + n);
  return starts;
}

/**
 * Returns where a pull ends that begins at `from`: after a quarter of the rest, at the border of a request if one is
 * near. Completions of one request share the cache of their prompt.
 */
export function endOfPull(starts: readonly number[], from: number): number {
  const rest = starts[starts.length - 1] - from;
  const to = from + Math.ceil(rest / 4);
  const last = requestAt(starts, to - 1);
  if (starts[last + 1] <= from + Math.ceil(rest / 2)) return starts[last + 1];
  return starts[last] >= from + Math.ceil(rest / 8) ? starts[last] : to;
}

function spansOf(starts: readonly number[], first: number, { from, to }: { from: number; to: number }): Span[] {
  const spans: Span[] = [];
  for (let request = first; starts[request] < to; request++) {
    const [start, end] = [Math.max(from, starts[request]), Math.min(to, starts[request + 1])];
    if (end > start) spans.push({ request, from: start - starts[request], to: end - starts[request] });
  }
  return spans;
}

/** Returns the request of a completion, at or after the request `first`. */
function requestAt(starts: readonly number[], completion: number, first = 0): number {
  let request = first;
  while (starts[request + 1] <= completion) request++;
  return request;
}
