/** Addresses within the questions of a run. */

import { routeTo } from '../../../router.ts';

/** What stands before the id of a held-out question in an address. */
export const HELD_OUT = 'held-out/';

/** Returns the address of a question; `settings`: those of the list that it belongs to. */
export function questionLink(run: string, id: string, settings: Record<string, string> = {}): string {
  return routeTo('questions', run, { item: id, settings });
}

/** Returns the address of a held-out question. */
export function heldOutLink(run: string, id: string, settings: Record<string, string> = {}): string {
  return routeTo('questions', run, { item: `${HELD_OUT}${id}`, settings });
}
