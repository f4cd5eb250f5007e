/** The reference model's log-probabilities of a step's completions, for the KL term. */

import type { Ctl, Example, Sampler } from '../../engine/engine.ts';
import { linkedAbort } from '../../engine/flow/linked-abort.ts';
import { sharedProgress } from '../../engine/flow/progress.ts';
import { waitForAll } from '../../engine/flow/wait-for-all.ts';
import { toExample } from '../../grpo/batch.ts';
import { type CallContext, reporting, type StepPlace } from '../context.ts';
import type { GroupReady } from './phase.ts';

/** Groups per early call: enough completions for a service to fill a batch with. */
const BATCH = 16;

export interface EarlyScores {
  /** Starts to score a group, with the groups next to it. */
  ready: GroupReady;
  /** Returns the log-probabilities of all examples of the step: of its groups, in order. */
  score: Sampler['score'];
  /** Aborts what still runs, and waits for its end. */
  stop(): Promise<void>;
}

/**
 * Scores the groups of a step while others are still being sampled. A batch holds fixed groups, whatever the order of
 * arrival, so that the numbers do not depend on it. Only for steps that train on every group.
 */
export function scoreEarly(ctx: CallContext, reference: Sampler, place: StepPlace): EarlyScores {
  const { signal, abort, release } = linkedAbort(ctx.stop);
  const waiting = new Map<number, Example[][]>();
  const running = new Map<number, Promise<Float32Array[]>>();
  const shown = reporting(ctx, place, 'reference');
  let announced = 0;
  let isShown = false;
  const ctlOf = sharedProgress({
    // Until the sampling has ended, its progress is shown.
    onProgress: (progress) => (isShown ? shown.onProgress?.(progress) : undefined),
  });

  const start = (batch: number): void => {
    const examples = (waiting.get(batch) ?? []).flat();
    waiting.delete(batch);
    const scores = reference.score(examples, { ...ctlOf(), signal });
    // A failure is thrown by `score`.
    scores.catch(() => undefined);
    running.set(batch, scores);
  };

  return {
    ready(group, prompt, completions) {
      const batch = Math.floor(group / BATCH);
      announced += completions.length;
      const groups = waiting.get(batch) ?? Array.from({ length: BATCH }, (): Example[] => []);
      groups[group % BATCH] = completions.map(({ tokens }) => toExample(prompt, tokens));
      waiting.set(batch, groups);
      if (groups.every((examples) => examples.length > 0)) start(batch);
    },
    async score(examples, ctl?: Ctl) {
      // A role that did not announce its groups is scored as a whole.
      if (announced !== examples.length) return reference.score(examples, ctl);
      ctl?.signal?.throwIfAborted();
      isShown = true;
      for (const batch of waiting.keys()) start(batch);
      const inOrder = [...running].toSorted(([a], [b]) => a - b).map(([, scores]) => scores);
      const scores = (await waitForAll(inOrder, abort)).flat();
      running.clear();
      return scores;
    },
    async stop() {
      if (running.size > 0) abort();
      await Promise.allSettled(running.values());
      release();
    },
  };
}
