/**
 * The scripted engine as a service of concurrent calls: they overlap, and end in a random order. It counts what is in
 * progress, and a test can hold calls back until it has seen another one. Its results are those of the scripted engine.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../../../src/errors.ts';
import type { Ctl, Engine, SampleRequest, Sampler, WeightsRef } from '../../../src/engine/engine.ts';
import { Random } from '../../../src/random.ts';
import createScriptedEngine from '../scripted/index.ts';

/** A call of a sampler, before it is done. */
export interface SampledCall {
  /** The weights that it samples from. */
  ref: WeightsRef;
  requests: readonly SampleRequest[];
}

export interface ConcurrentOptions {
  /** Completions in progress at most. */
  slots?: number;
  /** Of the delays. */
  seed?: number;
  /** Longest delay of a call. */
  delayMs?: number;
  /** Called at the start of every sample call; the call goes on when the promise is resolved. */
  before?: (call: SampledCall) => Promise<void> | void;
}

export interface ConcurrentEngine extends Engine {
  /** Completions in progress now, and at most so far. */
  readonly inProgress: { now: number; most: number };
}

export default async function createConcurrentEngine({
  slots = 64,
  seed = 1,
  delayMs = 4,
  before = () => {},
}: ConcurrentOptions = {}): Promise<ConcurrentEngine> {
  const engine = await createScriptedEngine();
  const random = new Random(seed);
  const inProgress = { now: 0, most: 0 };

  async function delayed<T>(ctl: Ctl | undefined, work: () => Promise<T>): Promise<T> {
    try {
      await sleep(random.next() * delayMs, undefined, { signal: ctl?.signal });
    } catch {
      throw new EngineError('aborted', 'The call was aborted.', 'Resume the run to continue from its last step.');
    }
    return work();
  }

  return {
    ...engine,
    name: 'concurrent',
    slots,
    concurrent: true,
    inProgress,
    async openSampler(ref): Promise<Sampler> {
      const sampler = await engine.openSampler(ref);
      return {
        ...sampler,
        async sample(requests, ctl) {
          const size = requests.reduce((sum, { n }) => sum + n, 0);
          inProgress.now += size;
          inProgress.most = Math.max(inProgress.most, inProgress.now);
          try {
            await before({ ref, requests });
            return await delayed(ctl, () => sampler.sample(requests, ctl));
          } finally {
            inProgress.now -= size;
          }
        },
        score: (examples, ctl) => delayed(ctl, () => sampler.score(examples, ctl)),
      };
    },
  };
}
