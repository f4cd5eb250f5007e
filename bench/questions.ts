/**
 * Measures how fast the page's list of questions answers on a run of 100,000 questions: the first look, a filter, a
 * search, a sort, and a look after a commit. Prints one line of JSON per measurement, in milliseconds of CPU time, so that
 * other work on the machine does not count.
 *
 *   npx tsx bench/questions.ts [number of questions]
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openQuestionViews } from '../src/view/questions/questions.ts';
import type { QuestionQuery } from '../src/view/questions/types.ts';
import { openRun } from '../src/store/sqlite.ts';
import { writeManyQuestions } from '../test/fixtures/many-questions.ts';

const count = Number(process.argv[2] ?? 100_000);
const REPEATS = 11;

const QUERIES: Readonly<Record<string, QuestionQuery>> = {
  'first page': {},
  'last page': { offset: count - 100 },
  'search one word': { search: 'needle' },
  'search two digits': { search: '17' },
  'filter by band and verdict': { agreement: [0.25, 0.75], verdict: 'kept' },
  'wrong labels of two iterations': { iterations: [3, 7], label: 'wrong' },
  'sort by agreement': { sort: 'agreement', descending: true },
  'search, filter and sort': { search: '1', verdict: 'kept', label: 'wrong', sort: 'length', offset: 500 },
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function print(what: string, milliseconds: readonly number[]): void {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  const [median, worst] = [sorted[Math.floor(sorted.length / 2)], sorted[sorted.length - 1]];
  console.log(JSON.stringify({ what, questions: count, median: round(median), worst: round(worst) }));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const root = mkdtempSync(join(tmpdir(), 'rzero-bench-questions-'));
try {
  const dir = join(root, 'run');
  print('write the run', [await timed(async () => writeManyQuestions(dir, count))]);
  const views = openQuestionViews();
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  print('first look', [await timed(() => views.questions(dir, {}))]);
  globalThis.gc?.();
  const megabytes = Math.round((process.memoryUsage().heapUsed - before) / 1e6);
  console.log(JSON.stringify({ what: 'memory of the kept questions, in MB', questions: count, megabytes }));
  for (const [what, query] of Object.entries(QUERIES)) {
    const times: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat++) times.push(await timed(() => views.questions(dir, query)));
    print(what, times);
  }
  print('one question', [await timed(() => views.question(dir, 'q-5-pool-100'))]);
  print('pools side by side, first', [await timed(() => views.pools(dir))]);
  print('pools side by side, again', [await timed(() => views.pools(dir))]);
  const store = openRun(dir);
  store.commit({ cursor: { iteration: 11, stage: 'train-challenger', step: 1 } });
  store.close();
  print('first look after a commit', [await timed(() => views.questions(dir, {}))]);
} finally {
  rmSync(root, { recursive: true, force: true });
}
