/**
 * Starts the work of later steps while earlier ones are graded and committed, for stages whose steps do not depend on
 * each other. Without it, a step's last slow answer leaves the service idle. Steps are still finished and committed in
 * order, so a run resumes exactly as without it (docs/adr/0038). With an engine that runs one call at a time, nothing
 * starts early.
 */

import type { Flow } from '../engine/flow/flow.ts';
import { linkedAbort } from '../engine/flow/linked-abort.ts';
import type { CallContext, StepPlace } from './context.ts';

/**
 * Completions of later steps that may be started, as a multiple of the engine's slots. Two keep the slots busy until
 * the slowest answer of the current step is there; more holds more texts and gains nothing (docs/adr/0038).
 */
export const WINDOW = 2;

/** What a stage does in its steps. */
export interface IndependentWork<T> {
  flow: Pick<Flow, 'overlaps' | 'slots'>;
  /** Returns the number of completions that a step samples; 0 for a step that must wait for its turn. */
  completions(step: number): number;
  /** Does a step. `ctx` aborts it when the stage ends, and reports only the progress of the step in turn. */
  work(ctx: CallContext, place: StepPlace): Promise<T>;
}

export interface Ahead<T> {
  /** Returns the result of a step, and starts those after it. Take the steps in order, each after the commit of the one before. */
  take(place: StepPlace): Promise<T>;
  /** Aborts what was started and not taken, and waits until it has ended. */
  stop(): Promise<void>;
}

/** Prepares the steps of a stage. `ctx`: where progress goes, and the signal that ends all steps. */
export function lookAhead<T>(ctx: CallContext, { flow, completions, work }: IndependentWork<T>): Ahead<T> {
  if (!flow.overlaps) return { take: (place) => work(ctx, place), stop: async () => {} };
  const { signal, abort, release } = linkedAbort(ctx.stop);
  const started = new Map<number, Promise<T>>();
  let current = -1;

  const start = (place: StepPlace): void => {
    const emit: CallContext['emit'] = (event) => {
      if (event.type !== 'progress' || place.step === current) ctx.emit(event);
    };
    const running = work({ emit, stop: signal }, place);
    // A failure is thrown in the step's turn, after the steps before it are committed.
    running.catch(() => undefined);
    started.set(place.step, running);
  };

  return {
    take(place) {
      current = place.step;
      let later = 0;
      for (let step = current; step < place.steps; step++) {
        const size = completions(step);
        if (step > current && (size === 0 || later >= WINDOW * flow.slots)) break;
        if (!started.has(step)) start({ ...place, step });
        if (step > current) later += size;
      }
      const running = started.get(current) ?? work(ctx, place);
      started.delete(current);
      return running;
    },
    async stop() {
      if (started.size > 0) abort();
      await Promise.allSettled(started.values());
      started.clear();
      release();
    },
  };
}
