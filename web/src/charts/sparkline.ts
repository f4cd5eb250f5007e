/** Places the points of a small line chart. Pure. */

export interface Box {
  width: number;
  height: number;
  /** Room on all sides, for the thickness of the line and the last point. */
  pad: number;
}

export interface Point {
  x: number;
  y: number;
}

/**
 * Spreads values over a box, the smallest at the bottom. Equal values lie in the middle. `range`: the values at the
 * bottom and at the top, default the smallest and the largest.
 */
export function place(
  values: readonly number[],
  { width, height, pad }: Box,
  range?: readonly [number, number],
): Point[] {
  const [low, high] = range ?? [Math.min(...values), Math.max(...values)];
  const [inner, tall] = [width - 2 * pad, height - 2 * pad];
  return values.map((value, at) => ({
    x: pad + (values.length < 2 ? inner : (inner * at) / (values.length - 1)),
    y: pad + (high > low ? tall * (1 - (value - low) / (high - low)) : tall / 2),
  }));
}

/** Writes points as the path of a line. */
export function pathOf(points: readonly Point[]): string {
  return points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
