/**
 * What a run noticed and did on its own (`monitors.ts`, `too-few.ts`), as the store keeps it: with the step it
 * happened in, so that a resumed run knows what an undisturbed one would. Events only tell it.
 */

import { StoreError } from '../../errors.ts';
import type { RunStore, Unit } from '../../store/store.ts';
import { findRole, ROLES, STAGES } from '../../roles.ts';
import type { Notice, StageName } from '../../types.ts';

/** Thrown after the step whose notice ends the run; `evolve` closes the run on it. */
export class RunEnded extends Error {
  constructor(notice: Notice) {
    super(notice.message);
    this.name = 'RunEnded';
  }
}

/** Stages in which something can be noticed, in the order of the run. */
const NOTICING: readonly StageName[] = STAGES.filter((stage) => stage === 'filter' || findRole(ROLES, 'stage', stage));

/** The part of a step's unit that keeps its notices. */
export function keptNotices(notices: readonly Notice[]): Pick<Unit, 'partial'> {
  if (notices.length === 0) return {};
  const [{ iteration, stage, step }] = notices;
  return { partial: { iteration, stage: keyOf(stage), step, json: JSON.stringify(notices) } };
}

/** `notice/entropy` and so on: the number that was noticed, among the step's metrics. */
export function noticeMetrics(notices: readonly Notice[]): Record<string, number> {
  return Object.fromEntries(notices.map(({ about, value }) => [`notice/${about.replaceAll('-', '_')}`, value]));
}

/** Notices of one iteration, in order. */
export function noticesIn(store: RunStore, iteration: number): Notice[] {
  return NOTICING.flatMap((stage) =>
    store.partials(iteration, keyOf(stage)).flatMap(({ step, json }): Notice[] => {
      try {
        return JSON.parse(json);
      } catch (cause) {
        throw new StoreError(
          `What iteration ${iteration} noticed (${stage}, step ${step}) cannot be read.`,
          'Start a new run: this database is damaged.',
          { cause },
        );
      }
    }),
  );
}

/** All notices of a run, in order. */
export function noticesOf(store: RunStore): Notice[] {
  return Array.from({ length: store.cursor().iteration }, (_, at) => at + 1).flatMap((iteration) =>
    noticesIn(store, iteration),
  );
}

/** The notice that ended the run for a monitor's sake, if one did. */
export function endingNotice(store: RunStore): Notice | undefined {
  return noticesOf(store).find(({ action }) => action === 'stop');
}

function keyOf(stage: StageName): string {
  return `notices/${stage}`;
}
