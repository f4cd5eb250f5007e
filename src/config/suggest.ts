/** Suggests a valid key for a mistyped one. */

import { editDistance } from '../text/distance.ts';
import { synonymsOf } from './synonyms.ts';

const LONGEST_KEY = 80;

/**
 * Returns the valid dotted key that `key` most likely stands for: in the same table, a synonym (`solver.lr`) or a similar
 * key (`solver.stpes`); otherwise a synonym or the same last part in another table (`lr`, `groupSize`); otherwise a
 * similar whole key (`solvr.steps`); null if there is none. The first one wins a tie.
 */
export function nearestKey(key: string, valid: readonly string[]): string | null {
  if (key.length > LONGEST_KEY) return null;
  const siblings = valid.filter((name) => tableOf(name) === tableOf(key));
  return (
    siblings.find((name) => spelling(name) === spelling(key)) ??
    synonym(key, siblings) ??
    nearest(leaf(key), siblings, leaf) ??
    synonym(key, valid) ??
    nearest(leaf(key), valid, leaf) ??
    nearest(key, valid, (name) => name)
  );
}

/** Returns the names of `valid` that are similar to `name`, or contain it, the most similar first. */
export function similarNames(name: string, valid: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  const edits = new Map(valid.map((one) => [one, editDistance(wanted, one.toLowerCase())]));
  const of = (one: string): number => edits.get(one) ?? Infinity;
  return valid
    .filter((one) => of(one) <= mostEdits(name) || (wanted.length > 1 && one.toLowerCase().includes(wanted)))
    .toSorted((a, b) => of(a) - of(b));
}

function synonym(key: string, valid: readonly string[]): string | null {
  for (const name of synonymsOf(leaf(key))) {
    const found = valid.find((one) => one === name || leaf(one) === name);
    if (found !== undefined) return found;
  }
  return null;
}

function nearest(key: string, valid: readonly string[], part: (name: string) => string): string | null {
  let best: string | null = null;
  let bestEdits = mostEdits(key) + 1;
  for (const name of valid) {
    const edits = editDistance(key.toLowerCase(), part(name).toLowerCase());
    if (edits < bestEdits) [best, bestEdits] = [name, edits];
  }
  return best;
}

/** Maximum number of edits (insertions, deletions, substitutions, swaps of neighbours) of a similar name. */
function mostEdits(key: string): number {
  return key.length < 4 ? 1 : Math.max(2, Math.floor(key.length / 3));
}

/** The last part of a key without case, `_` and `-`. */
function spelling(name: string): string {
  return leaf(name).toLowerCase().replaceAll(/[_-]/g, '');
}

function leaf(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

function tableOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('.')));
}
