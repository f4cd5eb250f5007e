/**
 * Stores and reads notices: what the monitors and the filter observed, and what the run did about it (`monitors.ts`,
 * `too-few.ts`). A notice is committed with its step, so that a resumed run has the same notices. Events only report it.
 */

import { type PartialResult, partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import { STAGES_WITH_VERIFIER } from '../../roles.ts';
import type { Notice } from '../../types.ts';
import { stageNotices } from '../partials.ts';

/** Thrown after a step whose notice ends the run. Only `evolve` catches it. */
export class RunEnded extends Error {
  constructor(notice: Notice) {
    super(notice.message);
    this.name = 'RunEnded';
  }
}

/** Converts the notices of one step to partial results for the store. */
export function keptNotices(notices: readonly Notice[]): PartialResult[] {
  if (notices.length === 0) return [];
  const [{ iteration, stage, step }] = notices;
  return [partialResult(stageNotices(stage), { iteration, step }, [...notices])];
}

/** Returns the notices' values as metrics, e.g. `notice/entropy`. */
export function noticeMetrics(notices: readonly Notice[]): Record<string, number> {
  return Object.fromEntries(notices.map(({ about, value }) => [`notice/${about.replaceAll('-', '_')}`, value]));
}

/** Returns the notices of one iteration, in order. */
export function noticesIn(store: Pick<RunStore, 'partials'>, iteration: number): Notice[] {
  return STAGES_WITH_VERIFIER.flatMap((stage) =>
    store.partials(stageNotices(stage), iteration).flatMap(({ value }) => value),
  );
}

/** Returns all notices of a run, in order. */
export function noticesOf(store: Pick<RunStore, 'cursor' | 'partials'>): Notice[] {
  return Array.from({ length: store.cursor().iteration }, (_, at) => at + 1).flatMap((iteration) =>
    noticesIn(store, iteration),
  );
}

/** Returns the notice that ended the run, if any. */
export function endingNotice(store: Pick<RunStore, 'cursor' | 'partials'>): Notice | undefined {
  return noticesOf(store).find(({ action }) => action === 'stop');
}
