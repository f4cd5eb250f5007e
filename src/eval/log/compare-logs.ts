/**
 * Compares two evaluations on the same questions: paired differences with intervals and p-values. A run's own
 * held-out scores are compared in `../gains.ts`.
 */

import type { Estimate } from '../../types.ts';
import type { EvaluationReader, LoggedItem, TaskRecord } from './log.ts';
import { unlikeness } from './unlike.ts';
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
  /** Settings in which the two differ, in words. Their difference measures these too. Empty: like with like. */
  unlike: string[];
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
  const old = baseline.tasks();
  const tasks: TaskComparison[] = [];
  const skipped: Comparison['skipped'] = [];
  for (const record of log.tasks()) {
    if (names !== undefined && !names.includes(record.name)) continue;
    const compared = compareTask(baseline, counterpart(old, record), log, record);
    if (typeof compared === 'string') skipped.push({ task: record.name, reason: compared });
    else tasks.push(compared);
  }
  const averages = averageEach(tasks.map(({ task, difference }) => ({ name: task, estimate: difference })));
  return { baseline: baseline.about().model.name, tasks, averages, skipped };
}

/** Returns the record of the same questions, otherwise of the same name. */
function counterpart(records: readonly TaskRecord[], { name, digest }: TaskRecord): TaskRecord | undefined {
  return records.find((one) => one.digest === digest) ?? records.find((one) => one.name === name);
}

function compareTask(
  baseline: EvaluationReader,
  before: TaskRecord | undefined,
  log: EvaluationReader,
  after: TaskRecord,
): TaskComparison | string {
  if (before === undefined) return 'the baseline has not answered it';
  const mode = modeOf(after);
  if (modeOf(before) !== mode) return 'the baseline measured another kind of answers';
  const common = commonQuestions(baseline.items(before.name, 0, before.asked), log.items(after.name, 0, after.asked));
  if (common.length === 0) return 'the baseline answered other questions';
  const [old, now] = [metricScores(baseline, before), metricScores(log, after)];
  const pairs = common.flatMap(([there, here]): [number, number][] => {
    const [earlier, score] = [old[there.position], now[here.position]];
    return score === null || earlier === null ? [] : [[earlier, score]];
  });
  if (pairs.length === 0) return 'no question was answered by both';
  const gain = pairedGain(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
  );
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
    better: pairs.filter(([a, b]) => b > a).length,
    worse: pairs.filter(([a, b]) => b < a).length,
    unlike: unlikeness(
      { settings: baseline.about().settings, record: before },
      { settings: log.about().settings, record: after },
      {
        isSampled: mode === 'sampled',
        samePrompts: common.every(([there, here]) => JSON.stringify(there.prompt) === JSON.stringify(here.prompt)),
      },
    ),
  };
}

/** Pairs the questions of two evaluations by their content, because a data file may have changed in between. */
function commonQuestions(
  baseline: readonly LoggedItem[],
  items: readonly LoggedItem[],
): [there: LoggedItem, here: LoggedItem][] {
  const waiting = new Map<string, LoggedItem[]>();
  for (const item of baseline.toReversed()) {
    waiting.set(contentOf(item), waiting.get(contentOf(item)) ?? []);
    waiting.get(contentOf(item))?.push(item);
  }
  return items.flatMap((here): [LoggedItem, LoggedItem][] => {
    const there = waiting.get(contentOf(here))?.pop();
    return there === undefined ? [] : [[there, here]];
  });
}

function contentOf({ question, choices, reference }: LoggedItem): string {
  return JSON.stringify([question, choices, reference]);
}
