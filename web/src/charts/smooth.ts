/** Smooths a line by an exponential moving average. Pure. */

/**
 * Returns the average of each value and those before it, whose weights fall by the factor `smoothing` (0..1) a step. The
 * average is divided by the sum of its weights, so that it is not pulled to zero at the start. Missing values stay
 * missing, and the average goes on behind them. 0 returns the values.
 */
export function smooth(values: readonly (number | null)[], smoothing: number): (number | null)[] {
  if (smoothing <= 0) return [...values];
  let [sum, weights] = [0, 0];
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return null;
    sum = smoothing * sum + (1 - smoothing) * value;
    weights = smoothing * weights + (1 - smoothing);
    return sum / weights;
  });
}
