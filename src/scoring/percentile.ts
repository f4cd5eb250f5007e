/** Keeps the middle, the lower or the upper part of a list of numbers. Pure. */

/** A band of percentiles, 0 <= low <= high <= 100. */
export interface PercentileBand {
  low: number;
  high: number;
}

/**
 * Returns the value at a percentile, 0..100, by linear interpolation between the sorted values (NumPy's default); null for
 * an empty list.
 */
export function percentile(values: readonly number[], at: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const position = (at / 100) * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

/** Returns for each value whether it lies below, inside or above the band; the ends are inside. */
export function placesInBand(
  values: readonly number[],
  { low, high }: PercentileBand,
): ('below' | 'inside' | 'above')[] {
  const from = percentile(values, low);
  const to = percentile(values, high);
  if (from === null || to === null) return [];
  return values.map((value) => {
    if (value < from) return 'below';
    return value > to ? 'above' : 'inside';
  });
}
