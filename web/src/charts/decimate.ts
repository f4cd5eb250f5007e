/**
 * Thins out a line to what its pixels can show: the first, the smallest, the largest and the last value of every column
 * of pixels. The drawn line looks the same, and its number of points depends on the width alone. Pure.
 */

/** Columns with at most this many points keep all of them. */
const MOST_KEPT = 4;

/**
 * Returns the indices of the points to draw, ascending. The points just outside the range stay, so that the line leaves
 * through the edges.
 *
 * @param xs ascending
 * @param ys null or NaN where there is no value
 * @param range the visible part of the axis
 * @param columns number of columns of pixels, at least 1
 */
export function decimate(
  xs: ArrayLike<number>,
  ys: ArrayLike<number | null>,
  [low, high]: readonly [number, number],
  columns: number,
): number[] {
  const first = Math.max(0, lowerBound(xs, low) - 1);
  const last = Math.min(xs.length - 1, upperBound(xs, high));
  const count = last - first + 1;
  if (count <= columns * MOST_KEPT) return Array.from({ length: Math.max(0, count) }, (_, at) => first + at);
  const kept: number[] = [];
  const width = (xs[last] - xs[first]) / columns;
  let from = first;
  for (let column = 0; column < columns && from <= last; column++) {
    const end = column === columns - 1 ? last + 1 : lowerBound(xs, xs[first] + (column + 1) * width, from);
    if (end > from) keepColumn(ys, from, Math.min(end, last + 1), kept);
    from = Math.max(from, end);
  }
  return kept;
}

function keepColumn(ys: ArrayLike<number | null>, from: number, end: number, kept: number[]): void {
  let [smallest, largest] = [-1, -1];
  for (let at = from; at < end; at++) {
    const y = ys[at];
    if (y === null || Number.isNaN(y)) continue;
    if (smallest === -1 || y < (ys[smallest] ?? 0)) smallest = at;
    if (largest === -1 || y > (ys[largest] ?? 0)) largest = at;
  }
  const wanted = smallest === -1 ? [from] : [from, smallest, largest, end - 1];
  for (const at of wanted.toSorted((a, b) => a - b)) if (at !== kept.at(-1)) kept.push(at);
}

/** Returns the first index whose value is at least `value`; the length if there is none. */
export function lowerBound(xs: ArrayLike<number>, value: number, from = 0): number {
  let [low, high] = [from, xs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function upperBound(xs: ArrayLike<number>, value: number): number {
  let [low, high] = [0, xs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns the index of the point nearest to `x`; -1 without points. */
export function nearest(xs: ArrayLike<number>, x: number): number {
  if (xs.length === 0) return -1;
  const after = Math.min(xs.length - 1, lowerBound(xs, x));
  const before = Math.max(0, after - 1);
  return x - xs[before] <= xs[after] - x ? before : after;
}
