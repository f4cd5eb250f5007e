/**
 * Reads metrics as series. Training metrics have a value per step. Metrics of the pool and of evaluations are computed
 * again after every chunk, so they have one value per iteration: the last. It is read from the table directly, because
 * a run may have millions of values.
 */

import { DATABASE_FILE, rows, type Sql } from '../../store/database.ts';
import { readError } from '../../store/failures.ts';
import { headlineEvaluations } from '../../store/headline-evaluations.ts';
import { connectToRead } from '../../store/read-only.ts';
import { openOverview } from '../../store/sqlite.ts';
import type { Estimate, EvalResult, StageName } from '../../types.ts';
import type { CurveList, Series } from './types.ts';

/** Whether one value per iteration counts, by the prefix of the name. */
const ONCE = "(name LIKE 'pool/%' OR name LIKE 'eval/%' OR name LIKE 'task/%' OR name LIKE 'audit/%')";

/** Lists the metrics of the run in `dir`, in order of their first values. Throws StoreError if it cannot be read. */
export function listCurves(dir: string): CurveList {
  return reading(dir, (query) => {
    const names = query<{ name: string; points: number }>(
      `SELECT name, CASE WHEN ${ONCE} THEN count(DISTINCT iteration) ELSE count(*) END AS points
       FROM metrics GROUP BY name ORDER BY min(rowid)`,
    );
    return { names: names.map(({ name, points }) => ({ name, points })) };
  });
}

interface Row {
  name: string;
  iteration: number;
  stage: StageName;
  step: number;
  value: number | null;
}

/** Returns the series of metrics, in the order of `names`. Throws StoreError if the run cannot be read. */
export function readSeries(dir: string, names: readonly string[]): Series[] {
  const found = new Map(names.map((name) => [name, emptySeries(name)]));
  reading(dir, (query) => {
    const wanted = JSON.stringify(names);
    const stored = query<Row>(
      'SELECT name, iteration, stage, step, value FROM metrics WHERE name IN (SELECT value FROM json_each(?)) ORDER BY rowid',
      wanted,
    );
    for (const row of stored) addRow(found.get(row.name), row);
  });
  addIntervals(dir, found);
  return names.map((name) => found.get(name) ?? emptySeries(name));
}

function emptySeries(name: string): Series {
  return { name, iteration: [], stage: [], step: [], value: [], low: [], high: [] };
}

function addRow(series: Series | undefined, { name, iteration, stage, step, value }: Row): void {
  if (series === undefined) return;
  // A later value of the same iteration replaces the earlier ones.
  if (isOnce(name) && series.iteration.at(-1) === iteration) {
    for (const column of [series.iteration, series.stage, series.step, series.value]) column.pop();
  }
  series.iteration.push(iteration);
  series.stage.push(stage);
  series.step.push(step);
  series.value.push(value);
}

function isOnce(name: string): boolean {
  return /^(?:pool|eval|task|audit)\//.test(name);
}

const SCORES: Readonly<Record<string, (result: EvalResult) => Estimate | null>> = {
  'eval/mean': ({ mean }) => mean,
  'eval/majority': ({ majority }) => majority,
  'eval/greedy': ({ greedy }) => greedy,
  'eval/forced': ({ forced }) => forced,
};

/** Replaces the series of held-out scores by those of complete evaluations, with their intervals. */
function addIntervals(dir: string, found: Map<string, Series>): void {
  const scores = Object.entries(SCORES).filter(([name]) => found.has(name));
  if (scores.length === 0) return;
  const overview = openOverview(dir);
  try {
    const results = headlineEvaluations(overview).filter(({ questions }) => questions > 0);
    for (const [name, scoreOf] of scores) found.set(name, scoreSeries(name, results, scoreOf));
  } finally {
    overview.close();
  }
}

function scoreSeries(
  name: string,
  results: readonly EvalResult[],
  scoreOf: (result: EvalResult) => Estimate | null,
): Series {
  const series = emptySeries(name);
  for (const result of results) {
    const estimate = scoreOf(result);
    if (estimate === null) continue;
    series.iteration.push(result.iteration);
    series.stage.push(result.iteration === 0 ? 'baseline' : 'evaluate');
    series.step.push(0);
    series.value.push(estimate.value);
    series.low.push(estimate.low);
    series.high.push(estimate.high);
  }
  return series;
}

type Query = <T>(sql: string, ...values: Sql[]) => T[];

function reading<T>(dir: string, work: (query: Query) => T): T {
  try {
    const { database, close } = connectToRead(dir, DATABASE_FILE);
    try {
      return work((sql, ...values) => rows(database.prepare(sql), ...values));
    } finally {
      close();
    }
  } catch (error) {
    throw readError(error, dir);
  }
}
