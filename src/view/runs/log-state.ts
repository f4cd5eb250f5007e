/** What only the event log says of a run: planned steps, estimates, and shown questions. A fold over events; pure. */

import type { IterationSummary, StampedEvent } from '../../events.ts';
import type { StageName } from '../../types.ts';
import type { Newest } from './types.ts';

export interface LoggedStage {
  steps: number;
  title: string | null;
  remaining: number | null;
  /** Metrics of the whole stage; null before its end. */
  metrics: Record<string, number> | null;
}

export interface LogState {
  seq: number;
  /** By iteration and stage (`stageKey`). */
  stages: Map<string, LoggedStage>;
  /** Newest first. */
  newest: Newest[];
  closings: Map<number, IterationSummary>;
}

/** Number of shown questions that are kept. */
export const NEWEST_SHOWN = 24;

/** Characters of a shown question that are kept. The whole text is in the database. */
const LONGEST_TEXT = 2000;

export function emptyLog(): LogState {
  return { seq: 0, stages: new Map(), newest: [], closings: new Map() };
}

/** Key of a stage in `LogState.stages`. */
export function stageKey(iteration: number, stage: StageName): string {
  return `${iteration} ${stage}`;
}

/** Adds an event to the state, in place. */
export function addEvent(state: LogState, event: StampedEvent): void {
  state.seq = event.seq;
  switch (event.type) {
    case 'stage-start':
      state.stages.set(stageKey(event.iteration, event.stage), {
        steps: event.steps,
        title: event.title ?? null,
        remaining: null,
        metrics: null,
      });
      return;
    case 'step':
      update(state, event, { steps: event.steps, remaining: event.remainingSeconds });
      return;
    case 'stage-end':
      update(state, event, { remaining: null, metrics: event.metrics });
      return;
    case 'questions': {
      const { iteration, stage, seq, shown } = event;
      const added = shown.map((question, at) => {
        const text = question.text.slice(0, LONGEST_TEXT);
        return { ...question, text, iteration, stage, seq, at };
      });
      state.newest = [...added, ...state.newest].slice(0, NEWEST_SHOWN);
      return;
    }
    case 'iteration-end':
      state.closings.set(event.summary.iteration, event.summary);
      return;
    default:
  }
}

function update(
  { stages }: LogState,
  { iteration, stage }: { iteration: number; stage: StageName },
  change: Partial<LoggedStage>,
): void {
  const key = stageKey(iteration, stage);
  const before = stages.get(key) ?? { steps: 0, title: null, remaining: null, metrics: null };
  stages.set(key, { ...before, ...change });
}
