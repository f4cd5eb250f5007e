/** Area under the ROC curve. Pure. */

/**
 * Returns the chance that a random true item scores above a random false one, ties counting one half; null if all items
 * are true, or all false.
 */
export function auc(items: readonly { score: number; isTrue: boolean }[]): number | null {
  const trues = items.filter(({ isTrue }) => isTrue).length;
  const falses = items.length - trues;
  if (trues === 0 || falses === 0) return null;
  const sorted = items.toSorted((a, b) => a.score - b.score);
  let above = 0;
  for (let from = 0, falsesBelow = 0; from < sorted.length;) {
    let to = from;
    while (to < sorted.length && sorted[to].score === sorted[from].score) to++;
    const tied = sorted.slice(from, to);
    const tiedTrues = tied.filter(({ isTrue }) => isTrue).length;
    const tiedFalses = tied.length - tiedTrues;
    above += tiedTrues * (falsesBelow + tiedFalses / 2);
    falsesBelow += tiedFalses;
    from = to;
  }
  return above / (trues * falses);
}
