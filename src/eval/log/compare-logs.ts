/**
 * Compares two evaluations on the same questions: paired differences with intervals and p-values. A run's own
 * held-out scores are compared in `../gains.ts`.
 */

import type { Estimate } from '../../types.ts';
import type { EvaluationReader, TaskRecord } from './log.ts';
import { type Average, averageEach, metricScores, modeOf } from '../summarize.ts';
import { pairedGain } from '../paired.ts';

export interface TaskComparison {
  task: string;
  title: string;
  metric: string;
  /** Questions that both have answered. */
  questions: number;
  baseline: number;
  score: number;
  /** Score minus baseline, paired by question. */
  difference: Estimate;
  pValue: number;
  /** `mcnemar`: the sign-flip test of single answers, which is exact. `sign-flip`: of mean scores per question. */
  test: 'mcnemar' | 'sign-flip';
  /** Questions on which only one of the two is right (or has a higher share of right answers). */
  better: number;
  worse: number;
}

export interface Comparison {
  baseline: string;
  tasks: TaskComparison[];
  /** Differences of the paper's averages. */
  averages: Average[];
  /** Tasks that cannot be compared, with the reason. */
  skipped: { task: string; reason: string }[];
}

/** Compares the tasks that both logs contain, limited to `names` (default: all tasks of `log`). */
export function compareLogs(baseline: EvaluationReader, log: EvaluationReader, names?: readonly string[]): Comparison {
  const old = new Map(baseline.tasks().map((record) => [record.name, record]));
  const tasks: TaskComparison[] = [];
  const skipped: Comparison['skipped'] = [];
  for (const record of log.tasks()) {
    if (names !== undefined && !names.includes(record.name)) continue;
    const compared = compareTask(baseline, old.get(record.name), log, record);
    if (typeof compared === 'string') skipped.push({ task: record.name, reason: compared });
    else tasks.push(compared);
  }
  const averages = averageEach(tasks.map(({ task, difference }) => ({ name: task, estimate: difference })));
  return { baseline: baseline.about().model.name, tasks, averages, skipped };
}

function compareTask(
  baseline: EvaluationReader,
  before: TaskRecord | undefined,
  log: EvaluationReader,
  after: TaskRecord,
): TaskComparison | string {
  if (before === undefined) return 'the baseline has not answered it';
  if (before.digest !== after.digest) return 'the baseline answered other questions';
  const mode = modeOf(after);
  if (modeOf(before) !== mode) return 'the baseline measured another kind of answers';
  const [old, now] = [metricScores(baseline, before), metricScores(log, after)];
  const pairs = now.flatMap((score, at): [number, number][] => {
    const earlier = old[at] ?? null;
    return score === null || earlier === null ? [] : [[earlier, score]];
  });
  if (pairs.length === 0) return 'no question was answered by both';
  const [from, to] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
  const better = pairs.filter(([a, b]) => b > a).length;
  const worse = pairs.filter(([a, b]) => b < a).length;
  const gain = pairedGain(from, to);
  return {
    task: after.name,
    title: after.title,
    metric: mode === 'greedy' ? 'pass@1' : `mean@${after.samples}`,
    questions: pairs.length,
    baseline: gain.before,
    score: gain.after,
    difference: gain.difference,
    pValue: gain.p,
    test: mode === 'greedy' ? 'mcnemar' : 'sign-flip',
    better,
    worse,
  };
}
