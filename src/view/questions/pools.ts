/** Compares the pools of all iterations: how hard their questions are, and how strange. `reading.ts` says what follows. */

import { setImmediate as pause } from 'node:timers/promises';
import { type Database, rows } from '../../store/database.ts';
import { nearestBleuDistances, pairwiseBleuDistances } from '../../text/bleu.ts';
import { condensedIndex } from '../../text/cluster.ts';
import type { RunQuestions } from './cache.ts';
import { areComputed } from '../../loop/pool/label-counts.ts';
import { evenly, shareOf, spreadOf, unitEdges, wholeEdges } from './measure.ts';
import { withDatabase } from './read-run.ts';
import type { PoolsView, PoolView, QuestionRow } from './types.ts';

/** Questions per pool that are compared with each other, and questions of earlier pools that they are compared with. */
const SAMPLED = 300;
const EARLIER = 1500;
const EXAMPLES = 3;
const BINS = 10;

/** Texts of a pool that are compared, with their lines. */
interface Sample {
  rows: QuestionRow[];
  texts: string[];
}

/** Similarities of a pool; they need no new computation while the pool and the earlier ones stay the same. */
export interface PoolLikeness {
  alike: number[];
  familiar: number[] | null;
  typical: QuestionRow[];
  unusual: QuestionRow[];
}

/**
 * Compares the pools of a run.
 * @param known similarities of pools that never change, filled here
 */
export async function readPools(dir: string, run: RunQuestions, known: Map<number, PoolLikeness>): Promise<PoolsView> {
  const pools = poolsOf(run);
  const edges = edgesOf(pools.flatMap(({ lines }) => lines));
  const views: PoolView[] = [];
  for (const { iteration, lines } of pools) {
    const likeness = known.get(iteration) ?? likenessOf(dir, run, iteration, lines);
    if (run.finished.has(iteration)) known.set(iteration, likeness);
    views.push(viewOf(run, iteration, lines, { edges, likeness }));
    await pause();
  }
  return {
    unit: run.domain?.difficulty?.unit ?? null,
    hasOracle: run.domain?.truth !== undefined,
    edges,
    pools: views,
    sampled: SAMPLED,
  };
}

function poolsOf({ records }: RunQuestions): { iteration: number; lines: QuestionRow[] }[] {
  const pools = new Map<number, QuestionRow[]>();
  for (const { row } of records) {
    if (row.origin !== 'pool') continue;
    const lines = pools.get(row.iteration);
    if (lines === undefined) pools.set(row.iteration, [row]);
    else lines.push(row);
  }
  return [...pools].map(([iteration, lines]) => ({ iteration, lines }));
}

function edgesOf(lines: readonly QuestionRow[]): PoolsView['edges'] {
  const longest = lines.reduce((most, { length }) => Math.max(most, length), 0);
  const hardest = lines.reduce((most, { difficulty }) => Math.max(most, difficulty ?? 0), 0);
  return {
    agreement: unitEdges(BINS),
    difficulty: wholeEdges(hardest, 12),
    length: wholeEdges(longest, 12),
    similarity: unitEdges(BINS),
  };
}

function viewOf(
  { domain, config }: RunQuestions,
  iteration: number,
  lines: readonly QuestionRow[],
  { edges, likeness }: { edges: PoolsView['edges']; likeness: PoolLikeness },
): PoolView {
  const valid = lines.filter(({ invalid }) => invalid === null);
  const decided = lines.filter((one) => one.decided);
  const kept = decided.filter(({ dropped }) => dropped === null);
  const judged = kept.filter(({ labelCorrect }) => labelCorrect !== null);
  const hasOracle = domain?.truth !== undefined;
  return {
    iteration,
    posed: lines.length,
    valid: valid.length,
    kept: shareOf(kept.length, decided.length),
    illPosed: hasOracle ? shareOf(valid.filter(({ illPosed }) => illPosed).length, valid.length) : null,
    computed: areComputed(config),
    labelRight: shareOf(judged.filter(({ labelCorrect }) => labelCorrect === true).length, kept.length),
    agreement: spreadOf(
      valid.flatMap(({ agreement }) => agreement ?? []),
      edges.agreement,
    ),
    difficulty:
      domain?.difficulty === undefined
        ? null
        : spreadOf(
            valid.flatMap(({ difficulty }) => difficulty ?? []),
            edges.difficulty,
          ),
    length: spreadOf(
      valid.map(({ length }) => length),
      edges.length,
    ),
    alike: spreadOf(likeness.alike, edges.similarity),
    familiar: likeness.familiar === null ? null : spreadOf(likeness.familiar, edges.similarity),
    typical: likeness.typical,
    unusual: likeness.unusual,
  };
}

function likenessOf(dir: string, run: RunQuestions, iteration: number, lines: readonly QuestionRow[]): PoolLikeness {
  const chosen = evenly(
    lines.filter(({ invalid }) => invalid === null),
    SAMPLED,
  );
  const earlier = evenly(
    run.records.flatMap(({ row }) =>
      row.origin === 'pool' && row.iteration < iteration && row.invalid === null ? [row] : [],
    ),
    EARLIER,
  );
  const { sample, before } = withDatabase(dir, (database) => ({
    sample: { rows: chosen, texts: textsOf(database, chosen) },
    before: textsOf(database, earlier),
  }));
  const familiar =
    before.length === 0 ? null : [...nearestBleuDistances(sample.texts, before)].map((distance) => 1 - distance);
  return { ...within(sample), familiar };
}

function textsOf(database: Database, lines: readonly QuestionRow[]): string[] {
  const find = database.prepare('SELECT substr(text, 1, 2000) AS text FROM questions WHERE id = ?');
  return lines.map(({ id }) => rows<{ text: string }>(find, id)[0]?.text ?? '');
}

/** Finds for every question its nearest other one, and the questions closest to all and farthest from all. */
function within({ rows: lines, texts }: Sample): Pick<PoolLikeness, 'alike' | 'typical' | 'unusual'> {
  const n = texts.length;
  if (n < 2) return { alike: [], typical: [...lines], unusual: [] };
  const distances = pairwiseBleuDistances(texts);
  const nearest = Array.from({ length: n }, () => 1);
  const total = Array.from({ length: n }, () => 0);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const distance = distances[condensedIndex(n, i, j)];
      nearest[i] = Math.min(nearest[i], distance);
      nearest[j] = Math.min(nearest[j], distance);
      total[i] += distance;
      total[j] += distance;
    }
  }
  const order = [...total.keys()].sort((a, b) => total[a] - total[b] || a - b);
  const examples = Math.min(EXAMPLES, Math.floor(n / 2));
  return {
    alike: nearest.map((distance) => 1 - distance),
    typical: order.slice(0, examples).map((at) => lines[at]),
    unusual: order
      .slice(n - examples)
      .toReversed()
      .map((at) => lines[at]),
  };
}
