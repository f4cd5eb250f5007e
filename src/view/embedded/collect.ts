/** Collects what the page shows of one run, within limits. What does not fit is named. */

import type { Series } from '../curves/types.ts';
import type { QuestionDetail, QuestionPage, QuestionRow } from '../questions/types.ts';
import type { ServerInfo } from '../server/types.ts';
import type { ViewSource } from '../source.ts';
import type { EmbeddedRun } from './types.ts';

export interface EmbedLimits {
  /** Questions in the list. */
  rows: number;
  /** Questions with their attempts, and characters of them in JSON. */
  details: number;
  detailChars: number;
  /** Values of all curves together. */
  points: number;
  /** Benchmark reports. */
  reports: number;
}

export const EMBED_LIMITS: EmbedLimits = {
  rows: 20_000,
  details: 2000,
  detailChars: 16_000_000,
  points: 200_000,
  reports: 40,
};

/** Most rows, and most metrics, of one request. */
const PAGE = 500;
const NAMES = 50;

/** Collects the data of the run `id`. Throws as the source. */
export async function collectRun(
  source: ViewSource,
  id: string,
  limits: EmbedLimits = EMBED_LIMITS,
): Promise<EmbeddedRun> {
  const leftOut: string[] = [];
  const run = await source.run(id);
  const curves = await source.curves(id);
  const questions = await rowsOf(source, id, limits, leftOut);
  const evaluations = await source.evaluations(id);
  return {
    kind: 'run',
    card: run.card,
    run,
    curves,
    series: await seriesOf(source, id, { names: curves.names.map(({ name }) => name), limits, leftOut }),
    questions,
    details: await detailsOf(source, id, { rows: questions.rows, limits, leftOut }),
    pools: await source.pools(id),
    heldOut: await source.heldOut(id),
    evaluations,
    reports: await reportsOf(source, id, { names: evaluations.reports.map(({ name }) => name), limits, leftOut }),
    server: { ...(await source.server()), control: false, talk: false, live: false, run: null, ...notes(leftOut) },
  };
}

function notes(leftOut: string[]): Pick<ServerInfo, 'leftOut'> {
  return leftOut.length === 0 ? {} : { leftOut };
}

async function rowsOf(source: ViewSource, id: string, limits: EmbedLimits, leftOut: string[]): Promise<QuestionPage> {
  const first = await source.questions(id, { limit: Math.min(PAGE, limits.rows) });
  const rows = [...first.rows];
  const wanted = Math.min(first.total, limits.rows);
  while (rows.length < wanted) {
    const page = await source.questions(id, { offset: rows.length, limit: Math.min(PAGE, wanted - rows.length) });
    if (page.rows.length === 0) break;
    rows.push(...page.rows);
  }
  if (rows.length < first.total) leftOut.push(`${first.total - rows.length} of ${first.total} questions`);
  return { ...first, total: rows.length, all: rows.length, rows };
}

async function seriesOf(
  source: ViewSource,
  id: string,
  { names, limits, leftOut }: { names: readonly string[]; limits: EmbedLimits; leftOut: string[] },
): Promise<Series[]> {
  const all: Series[] = [];
  for (let at = 0; at < names.length; at += NAMES) all.push(...(await source.series(id, names.slice(at, at + NAMES))));
  const points = all.reduce((sum, { value }) => sum + value.length, 0);
  if (points <= limits.points) return all;
  const every = Math.ceil(points / limits.points);
  leftOut.push(`all but one in ${every} values of the curves`);
  return all.map((series) => thinned(series, every));
}

/** Keeps one value in `every`, and the last. */
function thinned(series: Series, every: number): Series {
  const count = series.value.length;
  const keep = <T>(column: readonly T[]): T[] => column.filter((_, at) => at % every === 0 || at === count - 1);
  const { iteration, stage, step, value, low, high } = series;
  return {
    ...series,
    iteration: keep(iteration),
    stage: keep(stage),
    step: keep(step),
    value: keep(value),
    low: keep(low),
    high: keep(high),
  };
}

async function detailsOf(
  source: ViewSource,
  id: string,
  { rows, limits, leftOut }: { rows: readonly QuestionRow[]; limits: EmbedLimits; leftOut: string[] },
): Promise<QuestionDetail[]> {
  const details: QuestionDetail[] = [];
  const wanted = byInterest(rows);
  let chars = 0;
  for (const row of wanted) {
    if (details.length >= limits.details || chars >= limits.detailChars) break;
    const detail = await source.question(id, row.id);
    chars += JSON.stringify(detail).length;
    details.push(detail);
  }
  const missing = wanted.length - details.length;
  if (missing > 0) leftOut.push(`the attempts at ${missing} of ${wanted.length} questions`);
  return details;
}

/** Questions that trained the Solver come first, then others with votes, then the rest. */
function byInterest(rows: readonly QuestionRow[]): QuestionRow[] {
  const rank = ({ decided, dropped, attempts }: QuestionRow): number =>
    decided && dropped === null ? 0 : attempts > 0 ? 1 : 2;
  return rows.toSorted((a, b) => rank(a) - rank(b));
}

async function reportsOf(
  source: ViewSource,
  id: string,
  { names, limits, leftOut }: { names: readonly string[]; limits: EmbedLimits; leftOut: string[] },
): Promise<EmbeddedRun['reports']> {
  const kept = names.slice(-limits.reports);
  const reports: EmbeddedRun['reports'] = {};
  for (const name of kept) reports[name] = await source.evaluation(id, name);
  if (kept.length < names.length) leftOut.push(`${names.length - kept.length} of ${names.length} benchmark reports`);
  return reports;
}
