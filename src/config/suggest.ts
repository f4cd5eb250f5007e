/** Suggests a valid key for a mistyped one. */

import { distance } from 'fastest-levenshtein';

const LONGEST_KEY = 80;

/**
 * Returns the valid dotted key that is most similar to `key`: a similar key in the same table (`solver.stpes`),
 * otherwise the same last part in another table (`groupSize`), otherwise a similar whole key (`solvr.steps`); null if
 * there is none. The first one wins a tie.
 */
export function nearestKey(key: string, valid: readonly string[]): string | null {
  if (key.length > LONGEST_KEY) return null;
  const siblings = valid.filter((name) => tableOf(name) === tableOf(key));
  return nearest(leaf(key), siblings, leaf) ?? nearest(leaf(key), valid, leaf) ?? nearest(key, valid, (name) => name);
}

function nearest(key: string, valid: readonly string[], part: (name: string) => string): string | null {
  let best: string | null = null;
  let bestEdits = mostEdits(key) + 1;
  for (const name of valid) {
    const edits = distance(key.toLowerCase(), part(name).toLowerCase());
    if (edits < bestEdits) [best, bestEdits] = [name, edits];
  }
  return best;
}

/**
 * Maximum number of edits (insertions, deletions, substitutions) of a similar name. Two swapped letters are two edits.
 */
function mostEdits(key: string): number {
  return key.length < 4 ? 1 : Math.max(2, Math.floor(key.length / 3));
}

function leaf(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

function tableOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('.')));
}
