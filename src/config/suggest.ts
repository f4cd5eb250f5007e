/** Optimal-string-alignment distance: insertions, deletions, substitutions and swaps of neighbours cost 1; letter case costs nothing. */
export function editDistance(a: string, b: string): number {
  const from = a.toLowerCase();
  const to = b.toLowerCase();
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[to.length];
}

const LONGEST_KEY = 80;

/**
 * The valid dotted key that `key` most likely meant: near in the same table (`solver.stpes`), else with the same
 * last part in another one (`groupSize`), else near as a whole (`solvr.steps`); null when nothing is near. The
 * first of equals wins.
 */
export function nearestKey(key: string, valid: readonly string[]): string | null {
  if (key.length > LONGEST_KEY) return null;
  const siblings = valid.filter((name) => tableOf(name) === tableOf(key));
  return nearest(leaf(key), siblings, leaf) ?? nearest(leaf(key), valid, leaf) ?? nearest(key, valid, (name) => name);
}

function nearest(key: string, valid: readonly string[], part: (name: string) => string): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(key.length / 3)) + 1;
  for (const name of valid) {
    const distance = editDistance(key, part(name));
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

function leaf(key: string): string {
  return key.slice(key.lastIndexOf('.') + 1);
}

function tableOf(key: string): string {
  return key.slice(0, Math.max(0, key.lastIndexOf('.')));
}
