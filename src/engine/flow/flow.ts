/**
 * How sampled completions reach the code that reads and grades them. An engine that runs one call at a time gets all
 * requests in one batch, and what it returns is then taken in order. An engine of concurrent calls gets every request
 * by itself, and its completions are taken as soon as they arrive, while the others are still being sampled. The
 * results are in the order of the requests either way. Next: `loop/ahead.ts`, which overlaps whole steps.
 */

import type { Completion, Ctl, Engine, SampleRequest, Sampler } from '../engine.ts';
import { createGate } from './gate.ts';
import { linkedAbort } from './linked-abort.ts';
import { countedProgress } from './progress.ts';
import { waitForAll } from './wait-for-all.ts';

/**
 * Reads the completions of one unit of requests. With a concurrent engine, the calls overlap, in any order; `signal` is
 * aborted when the results are no longer needed.
 */
export type Take<Taken, T> = (taken: Taken, index: number, signal: AbortSignal | undefined) => T | Promise<T>;

export interface Flow {
  /** Whether results are taken while other requests are still being sampled. */
  readonly overlaps: boolean;
  /** Completions in progress at most. */
  readonly slots: number;
  /**
   * Samples requests, and takes the completions of each. If one fails or is aborted, the others are aborted, and the
   * first error is thrown when they have ended.
   */
  each<T>(
    sampler: Sampler,
    requests: readonly SampleRequest[],
    ctl: Ctl | undefined,
    take: Take<Completion[], T>,
  ): Promise<T[]>;
  /** Like `each`, for requests that are taken together: the completions of all requests of a group. */
  groups<T>(
    sampler: Sampler,
    groups: readonly (readonly SampleRequest[])[],
    ctl: Ctl | undefined,
    take: Take<Completion[][], T>,
  ): Promise<T[]>;
}

/** Creates the flow of an engine. Stages that run one after the other may each have their own. */
export function createFlow({ concurrent, slots }: Pick<Engine, 'concurrent' | 'slots'>): Flow {
  const groups = concurrent === true ? overlapping(slots) : inOrder;
  return {
    overlaps: concurrent === true,
    slots,
    groups,
    each: (sampler, requests, ctl, take) =>
      groups(
        sampler,
        requests.map((request) => [request]),
        ctl,
        ([completions], index, signal) => take(completions, index, signal),
      ),
  };
}

/** Samples everything in one call, then takes the results in order. */
async function inOrder<T>(
  sampler: Sampler,
  groups: readonly (readonly SampleRequest[])[],
  ctl: Ctl | undefined,
  take: Take<Completion[][], T>,
): Promise<T[]> {
  const completions = await sampler.sample(groups.flat(), ctl);
  const out: T[] = [];
  let at = 0;
  for (const [index, group] of groups.entries()) {
    ctl?.signal?.throwIfAborted();
    out.push(await take(completions.slice(at, (at += group.length)), index, ctl?.signal));
  }
  return out;
}

/** Samples every request in its own call, at most `slots` completions at once, and takes results as they arrive. */
function overlapping(slots: number): Flow['groups'] {
  const gate = createGate(slots);
  return async (sampler, groups, ctl, take) => {
    const { signal, abort, release } = linkedAbort(ctl?.signal);
    const total = groups.flat().reduce((sum, { n }) => sum + n, 0);
    const report = countedProgress(ctl, total);
    const sample = (request: SampleRequest): Promise<Completion[]> =>
      gate.pass(request.n, async () => {
        const [completions] = await sampler.sample([request], { signal });
        report(
          completions.length,
          completions.reduce((sum, { tokens }) => sum + tokens.length, 0),
        );
        return completions;
      });
    try {
      return await waitForAll(
        groups.map(async (group, index) => {
          const taken = await waitForAll(group.map(sample), abort);
          signal.throwIfAborted();
          return take(taken, index, signal);
        }),
        abort,
      );
    } finally {
      release();
    }
  };
}
