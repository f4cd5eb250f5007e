/**
 * Checks the grading against the benchmarks' own data in both directions. Counts every task's questions. The
 * final answer of each reference solution must grade as right (math: at least 99 %), and the answer of
 * another question as wrong (coincidental matches are explained). Needs the data files; samples nothing.
 *
 *     npm run bench:tasks -- --data-dir FOLDER [--tasks math]
 */

import { parseArgs } from 'node:util';
import { canonicalKey } from '../src/answers/compare/equal.ts';
import { lastBoxed } from '../src/answers/read/extract.ts';
import type { Grader } from '../src/answers/grader.ts';
import { clean, percent, table } from '../src/cli/render/format.ts';
import { findTasks } from '../src/eval/benchmarks/index.ts';
import { readTaskRows } from '../src/eval/load-task.ts';
import { evaluationGrader } from '../src/eval/scoring/math.ts';
import { scorerOf } from '../src/eval/scoring/scorer-of.ts';
import type { Grade } from '../src/eval/scoring/scorer.ts';
import { type EvalItem, isMalformed, type Task } from '../src/eval/task.ts';
import { deriveSeed, Random } from '../src/random.ts';
import { atLeast, atMost, type Check, checkLines } from './lib/checks.ts';
import { provenance, writeResult } from './lib/results.ts';

const LEAST_RIGHT = 0.99;
/** Maximum share of shuffled answers that grade as right although they differ as text. */
const MOST_UNEXPLAINED = 0.005;

const { values: options } = parseArgs({
  options: {
    'data-dir': { type: 'string', default: process.env.RZERO_DATA },
    tasks: { type: 'string', default: 'all' },
  },
});

interface Exception {
  id: string;
  reference: string;
  given: string | null;
  verdict: string;
  reason: string;
}

interface TaskCheck {
  task: string;
  from: string;
  items: number;
  published: readonly number[];
  malformed: Record<string, number>;
  /** Reference solutions with a boxed answer. For the other questions, the answer was boxed here. */
  solutions: number;
  right: number;
  exceptions: Exception[];
  shuffled: { right: number; sameAnswer: number; undecided: number; unexplained: Exception[] };
}

async function checkTask(task: Task, grader: Grader): Promise<TaskCheck> {
  const { rows, from } = await readTaskRows(task, { dataDir: options['data-dir'] });
  const malformed: Record<string, number> = {};
  const pairs: { item: EvalItem; completion: string; own: boolean }[] = [];
  for (const [at, row] of rows.entries()) {
    const columns = 'columns' in row ? row.columns : {};
    const item = 'malformed' in row ? row : task.toItem(columns, at);
    if (isMalformed(item)) {
      malformed[item.malformed] = (malformed[item.malformed] ?? 0) + 1;
      continue;
    }
    const solution = task.solution?.(columns) ?? null;
    const own = solution !== null && lastBoxed(solution) !== null;
    pairs.push({ item, own, completion: own ? solution : boxed(item) });
  }
  const scorer = scorerOf(task.grading, grader);
  const exceptions: Exception[] = [];
  for (const { item, completion } of pairs) {
    const grade = await scorer.grade(completion, item);
    if (grade.verdict !== 'right') exceptions.push(exceptionOf(item, grade));
  }
  const items = pairs.map(({ item }) => item);
  return {
    task: task.name,
    from,
    items: items.length,
    published: task.sizes,
    malformed,
    solutions: pairs.filter(({ own }) => own).length,
    right: items.length - exceptions.length,
    exceptions,
    shuffled: await shuffled(task, items, (completion, item) => scorer.grade(completion, item)),
  };
}

/** Gives every question the answer of the next one in a random order. */
async function shuffled(
  task: Task,
  items: readonly EvalItem[],
  grade: (completion: string, item: EvalItem) => Promise<Grade>,
): Promise<TaskCheck['shuffled']> {
  const order = new Random(deriveSeed('shuffled answers', task.name)).shuffle(items);
  const out: TaskCheck['shuffled'] = { right: 0, sameAnswer: 0, undecided: 0, unexplained: [] };
  for (const [at, item] of order.entries()) {
    const other = order[(at + 1) % order.length];
    const given = await grade(boxed(other), item);
    if (given.verdict === 'undecided') out.undecided++;
    if (given.verdict !== 'right') continue;
    out.right++;
    const [a, b] = [item, other].map(({ reference }) => canonicalKey(reference.answers[0]));
    if (a === b) out.sameAnswer++;
    else out.unexplained.push(exceptionOf(item, given));
  }
  return out;
}

function boxed({ reference }: EvalItem): string {
  return `The answer is \\boxed{${reference.answers[0]}}.`;
}

function exceptionOf({ id, reference }: EvalItem, { extracted, verdict, reason }: Grade): Exception {
  return { id, reference: reference.answers[0], given: extracted, verdict, reason };
}

function checksOf(results: readonly TaskCheck[]): Check[] {
  return results.flatMap(({ task, items, right, shuffled: mixed }) => [
    atLeast(`${task}: reference answers graded right`, right / items, LEAST_RIGHT),
    atMost(
      `${task}: another question's answer graded right without being the same`,
      mixed.unexplained.length / items,
      MOST_UNEXPLAINED,
    ),
  ]);
}

const grader = evaluationGrader();
const results: TaskCheck[] = [];
const absent: string[] = [];
for (const task of findTasks(options.tasks)) {
  try {
    results.push(await checkTask(task, grader));
  } catch (error) {
    absent.push(`${task.name}: ${String(error).split('\n')[0]}`);
  }
}
await grader.close();

const heading = [
  'task',
  'questions',
  'malformed',
  'with solution',
  'right',
  '',
  'shuffled right',
  'same answer',
  'undecided',
];
const rows = results.map((one) => [
  one.task,
  String(one.items),
  String(Object.values(one.malformed).reduce((sum, count) => sum + count, 0)),
  String(one.solutions),
  String(one.right),
  percent(one.right / one.items, 2),
  String(one.shuffled.right),
  String(one.shuffled.sameAnswer),
  String(one.shuffled.undecided),
]);
const lines = results.flatMap(({ task, exceptions, shuffled: mixed }) => [
  ...exceptions.map(
    (one) =>
      `${task} ${clean(one.id)}: ${clean(one.reference)} against ${clean(one.given ?? '—')}: ${one.verdict}, ${one.reason}`,
  ),
  ...mixed.unexplained.map(
    (one) =>
      `${task} ${clean(one.id)}, shuffled: ${clean(one.given ?? '—')} counts as ${clean(one.reference)} (${one.reason})`,
  ),
]);
const checks = checksOf(results);
const path = writeResult('tasks', {
  ...provenance('npm run bench:tasks -- --data-dir FOLDER'),
  results,
  absent,
  checks,
});
process.stdout.write(
  `${[...table([heading, ...rows]), '', ...lines, ...absent, '', ...checkLines(checks), `written to ${path}`].join('\n')}\n`,
);
process.exitCode = checks.every(({ passed }) => passed) ? 0 : 1;
