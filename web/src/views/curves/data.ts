/** Loads the series of several runs. */

import type { CurveName } from '../../../../src/view/curves/types.ts';
import type { RunCard } from '../../../../src/view/runs/types.ts';
import type { ViewSource } from '../../../../src/view/source.ts';
import { groupsOf, metricsOf } from './catalog.ts';
import type { RunSeries } from './lines.ts';

export interface CurvesData {
  runs: RunSeries[];
  /** The metrics of the first run, and those that only others have. */
  names: CurveName[];
  cards: RunCard[];
  /** Number of values that were loaded. */
  points: number;
}

/** Loads the grouped metrics of runs, and `more` metrics. A compared run that is gone is left out. */
export async function loadCurves(
  source: ViewSource,
  [first, ...others]: readonly string[],
  more: readonly string[],
): Promise<CurvesData> {
  const own = await source.curves(first);
  const lists = await Promise.all(others.map((id) => source.curves(id).catch(() => null)));
  const names = new Map(own.names.map((one) => [one.name, one]));
  for (const list of lists) for (const one of list?.names ?? []) if (!names.has(one.name)) names.set(one.name, one);
  const wanted = [...new Set([...metricsOf(groupsOf([...names.keys()])), ...more])];
  const present = [first, ...others.filter((_, at) => lists[at] !== null)];
  const runs = await Promise.all(present.map(async (id) => ({ id, series: await seriesOf(source, id, wanted) })));
  const cards = others.length === 0 ? [] : await source.runs().catch(() => []);
  return {
    runs,
    names: [...names.values()],
    cards: present.flatMap((id) => cards.find((card) => card.id === id) ?? []),
    points: runs.reduce(
      (sum, { series }) => sum + [...series.values()].reduce((all, { value }) => all + value.length, 0),
      0,
    ),
  };
}

async function seriesOf(source: ViewSource, id: string, names: readonly string[]): Promise<RunSeries['series']> {
  const series = names.length === 0 ? [] : await source.series(id, names);
  return new Map(series.map((one) => [one.name, one]));
}
