/** Means and named numbers, as stages report them. */

/** Mean of numbers; null for none. */
export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The entries that have a number, as metrics under `prefix`. */
export function metricsOf(prefix: string, values: Record<string, number | null>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === null || !Number.isFinite(value) ? [] : [[`${prefix}${name}`, value]],
    ),
  );
}
