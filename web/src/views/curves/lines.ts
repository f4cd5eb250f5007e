/** Turns the series of runs into lines of a chart: places on the axis, bands, colours and dashes. Pure. */

import type { Series } from '../../../../src/view/curves/types.ts';
import type { Boundary, Line } from '../../charts/line.ts';
import type { ChartSpec, Group } from './catalog.ts';

/** The series of one run, by metric. */
export interface RunSeries {
  id: string;
  series: ReadonlyMap<string, Series>;
}

const DASHES: readonly number[][] = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [1, 4]];

/** Colour variable of the run at this position. */
export function runColour(at: number): string {
  return `--series-${(at % 6) + 1}`;
}

/** Dashes of the run at this position. */
export function runDash(at: number): number[] {
  return DASHES[at % DASHES.length];
}

/**
 * Returns the lines of a chart. With one run, colours and dashes tell metrics apart. With several they tell runs apart,
 * and a chart draws only its first metric, without a band.
 */
export function linesOf(
  { lines }: ChartSpec,
  { colour, once }: Pick<Group, 'colour' | 'once'>,
  runs: readonly RunSeries[],
): Line[] {
  const several = runs.length > 1;
  const drawn = several ? lines.slice(0, 1) : lines;
  const many = drawn.length > 1;
  return runs.flatMap(({ id, series }, runAt) =>
    drawn.flatMap(({ metric, name, spread }, at): Line[] => {
      const one = series.get(metric);
      if (one === undefined || one.value.length === 0) return [];
      const style = several
        ? { colour: runColour(runAt), dash: runDash(runAt) }
        : { colour: many ? runColour(at) : colour, dash: many ? runDash(at) : [] };
      const x = once ? one.iteration : positions(one);
      return [
        {
          key: `${id} ${metric}`,
          name,
          run: several ? id : null,
          x,
          y: one.value,
          ...bandOf(one, spread === undefined ? undefined : series.get(spread)),
          ...style,
          hasBand: !many && !several && (one.low.length > 0 || spread !== undefined),
          place: (index) => placeOf(one, index, once),
        },
      ];
    }),
  );
}

/** Places of the values on an axis of steps, from 1: the steps of all iterations one after the other. */
function positions({ iteration, step }: Series): number[] {
  const offsets = offsetsOf({ iteration, step });
  return iteration.map((number, at) => (offsets.get(number) ?? 0) + step[at] + 1);
}

/** Number of steps before each iteration. */
function offsetsOf({ iteration, step }: Pick<Series, 'iteration' | 'step'>): Map<number, number> {
  const steps = new Map<number, number>();
  iteration.forEach((number, at) => steps.set(number, Math.max(steps.get(number) ?? 0, step[at] + 1)));
  const offsets = new Map<number, number>();
  let before = 0;
  for (const number of [...steps.keys()].toSorted((a, b) => a - b)) {
    offsets.set(number, before);
    before += steps.get(number) ?? 0;
  }
  return offsets;
}

function bandOf(series: Series, spread: Series | undefined): Pick<Line, 'low' | 'high'> {
  if (series.low.length > 0) return { low: series.low, high: series.high };
  if (spread === undefined || spread.value.length !== series.value.length) return { low: [], high: [] };
  const shifted = (sign: number): (number | null)[] =>
    series.value.map((value, at) => {
      const width = spread.value[at];
      return value === null || width === null ? null : value + sign * width;
    });
  return { low: shifted(-1), high: shifted(1) };
}

function placeOf({ iteration, step }: Series, at: number, once: boolean): string {
  if (once) return iteration[at] === 0 ? 'the base' : `iteration ${iteration[at]}`;
  return `iteration ${iteration[at]}, step ${step[at] + 1}`;
}

/** Returns where iterations begin on the axis of steps, by the longest series of a group. */
export function boundariesOf(group: Group, { series }: RunSeries): Boundary[] {
  if (group.once) return [];
  const all = group.charts.flatMap(({ lines }) => lines.flatMap(({ metric }) => series.get(metric) ?? []));
  const longest = all.reduce<Series | null>(
    (most, one) => (one.value.length > (most?.value.length ?? 0) ? one : most),
    null,
  );
  if (longest === null) return [];
  return [...offsetsOf(longest)].map(([iteration, before]) => ({ x: before + 0.5, label: `iteration ${iteration}` }));
}
