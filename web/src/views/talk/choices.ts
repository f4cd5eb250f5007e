/** Which models can be asked in a view, and what they are called there. Pure. */

import type { TalkModel } from '../../../../src/view/talk/types.ts';
import type { Role } from '../../../../src/types.ts';

/** Returns the models of a run that answer as a role, the base first, then model folders outside runs. */
export function modelsFor(models: readonly TalkModel[], run: string, role: Role): TalkModel[] {
  const own = models.filter((model) => model.run === run);
  const base = own.filter(({ role: is, iteration }) => is === 'solver' && iteration === 0);
  const trained = own
    .filter(({ role: is, iteration }) => is === role && iteration !== null && iteration > 0)
    .toSorted((a, b) => (a.iteration ?? 0) - (b.iteration ?? 0));
  return [...base, ...trained, ...models.filter((model) => model.run === null)];
}

/** Returns the names that are chosen at first: the base and the newest iteration. */
export function firstChoice(models: readonly TalkModel[]): string[] {
  const own = models.filter(({ run }) => run !== null);
  const chosen = own.length > 0 ? [own[0], own[own.length - 1]] : models.slice(0, 1);
  return [...new Set(chosen.map(({ id }) => id))];
}

/** What a model is called in a view of its run. */
export function titleOf({ id, run, iteration, role }: TalkModel): string {
  if (run === null) return id;
  if (iteration === 0) return 'base';
  const after = iteration === null ? 'best' : `iteration ${iteration}`;
  return role === 'challenger' ? `Challenger, ${after}` : after;
}
