/** Helpers for the metrics of a stage. */

/** Returns the mean; null for an empty list. */
export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Returns whether a metric is about the cost of a step, not its result. */
export function isExpense(name: string): boolean {
  return name.startsWith('time/') || name.startsWith('usage/');
}

/** Prefixes the names, and leaves out null and non-finite values. */
export function metricsOf(prefix: string, values: Record<string, number | null>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === null || !Number.isFinite(value) ? [] : [[`${prefix}${name}`, value]],
    ),
  );
}
