/**
 * What a run noticed and did on its own (`monitors.ts`, `too-few.ts`), as the store keeps it: with the step it
 * happened in, so that a resumed run knows what an undisturbed one would. Events only report it.
 */

import { type PartialResult, partialResult } from '../../store/partials.ts';
import type { RunStore } from '../../store/store.ts';
import { findRole, ROLES, STAGES } from '../../roles.ts';
import type { Notice, StageName } from '../../types.ts';
import { stageNotices } from '../partials.ts';

/** Thrown after the step whose notice ends the run; `evolve` closes the run on it. */
export class RunEnded extends Error {
  constructor(notice: Notice) {
    super(notice.message);
    this.name = 'RunEnded';
  }
}

/** Stages in which something can be noticed, in the order of the run. */
const NOTICING: readonly StageName[] = STAGES.filter((stage) => stage === 'filter' || findRole(ROLES, 'stage', stage));

/** What a step's unit keeps of its notices; they are all of one step. */
export function keptNotices(notices: readonly Notice[]): PartialResult[] {
  if (notices.length === 0) return [];
  const [{ iteration, stage, step }] = notices;
  return [partialResult(stageNotices(stage), { iteration, step }, [...notices])];
}

/** `notice/entropy` and so on: the number that was noticed, among the step's metrics. */
export function noticeMetrics(notices: readonly Notice[]): Record<string, number> {
  return Object.fromEntries(notices.map(({ about, value }) => [`notice/${about.replaceAll('-', '_')}`, value]));
}

/** Notices of one iteration, in order. */
export function noticesIn(store: Pick<RunStore, 'partials'>, iteration: number): Notice[] {
  return NOTICING.flatMap((stage) => store.partials(stageNotices(stage), iteration).flatMap(({ value }) => value));
}

/** All notices of a run, in order. */
export function noticesOf(store: Pick<RunStore, 'cursor' | 'partials'>): Notice[] {
  return Array.from({ length: store.cursor().iteration }, (_, at) => at + 1).flatMap((iteration) =>
    noticesIn(store, iteration),
  );
}

/** The notice of a monitor that ended the run, if one did. */
export function endingNotice(store: Pick<RunStore, 'cursor' | 'partials'>): Notice | undefined {
  return noticesOf(store).find(({ action }) => action === 'stop');
}
