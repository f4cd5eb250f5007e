/**
 * Grades stored samples: only the ungraded ones, or all of them again. Needs no model. The rules are in
 * `scoring/`.
 */

import type { Grader } from '../answers/grader.ts';
import { readVerdict, type Judgement } from './judges/judge-answer.ts';
import type { EvaluationLog, LoggedItem, LoggedSample, Majority, SampleKey, TaskRecord } from './log/log.ts';
import { scorerOf } from './scoring/scorer-of.ts';
import type { Grade, Scorer } from './scoring/scorer.ts';

/** Items graded in one transaction. */
export const GRADE_CHUNK = 256;

/** What grading needs to know about a task. `samples`: the number of sampled answers per question that count. */
export type GradedTask = Pick<TaskRecord, 'name' | 'grading' | 'samples'>;

/** Grades all ungraded samples. When `signal` is aborted, it returns after the current question and keeps its grades. */
export async function gradePending(
  log: EvaluationLog,
  task: GradedTask,
  grader: Grader,
  signal?: AbortSignal,
): Promise<void> {
  const scorer = scorerOf(task.grading, grader);
  const positions = log.ungraded(task.name);
  for (let at = 0; at < positions.length && signal?.aborted !== true;) {
    const from = positions[at];
    while (at < positions.length && positions[at] < from + GRADE_CHUNK) at++;
    await gradeRange(log, task, scorer, { from, to: from + GRADE_CHUNK, all: false }, signal);
  }
}

/**
 * Grades all stored samples of a task again. A judgement is kept if the answer has not changed, with its
 * verdict parsed again from the stored reply; otherwise it is deleted.
 */
export async function regrade(log: EvaluationLog, task: GradedTask & { total: number }, grader: Grader): Promise<void> {
  const scorer = scorerOf(task.grading, grader);
  for (let from = 0; from < task.total; from += GRADE_CHUNK) {
    await gradeRange(log, task, scorer, { from, to: from + GRADE_CHUNK, all: true });
  }
}

/**
 * Counts the majority of the first `samples` sampled answers to every question where another number was counted, so that
 * fewer answers than are stored can be reported.
 */
export async function tallyMajorities(
  log: EvaluationLog,
  task: GradedTask & { asked: number },
  grader: Grader,
): Promise<void> {
  if (task.samples === 0) return;
  const scorer = scorerOf(task.grading, grader);
  const counted = new Map(log.majorities(task.name, task.asked).map((one) => [one.position, one.samples]));
  const counts = log.counts(task.name, 'sampled', task.asked);
  const open = counts.flatMap((have, at) => (have >= task.samples && counted.get(at) !== task.samples ? [at] : []));
  for (const position of open) {
    const [item] = log.items(task.name, position, position + 1);
    const graded = log
      .samples(task.name, position, position + 1)
      .flatMap((sample) => (sample.mode === 'sampled' && sample.n < task.samples ? asGraded(sample) : []));
    const majority = graded.length < task.samples ? null : await majorityOf(scorer, item, graded);
    if (majority !== null) log.putGrades(task.name, [], [majority]);
  }
}

function asGraded(sample: LoggedSample): (LoggedSample & Grade)[] {
  const { verdict } = sample;
  return verdict === null ? [] : [{ ...sample, verdict, reason: sample.reason ?? '' }];
}

async function gradeRange(
  log: EvaluationLog,
  { name: task, samples: counted }: GradedTask,
  scorer: Scorer,
  { from, to, all }: { from: number; to: number; all: boolean },
  signal?: AbortSignal,
): Promise<void> {
  const items = new Map(log.items(task, from, to).map((item) => [item.position, item]));
  const grades: (SampleKey & Grade)[] = [];
  const majorities: Majority[] = [];
  const dropped: SampleKey[] = [];
  const read: (SampleKey & Judgement)[] = [];
  for (const [position, samples] of byPosition(log.samples(task, from, to))) {
    if (signal?.aborted === true) break;
    const item = items.get(position);
    if (item === undefined || !(all || samples.some(({ verdict }) => verdict === null))) continue;
    const graded: (LoggedSample & Grade)[] = [];
    for (const sample of samples) {
      const old = sample.verdict;
      const grade =
        old !== null && !all
          ? { ...sample, verdict: old, reason: sample.reason ?? '' }
          : await scorer.grade(sample.completion, item);
      graded.push({ ...sample, ...grade });
      const { mode, n } = sample;
      if (old === null || all) grades.push({ position, mode, n, ...pick(grade) });
      if (sample.judgement === null || (old !== null && !all)) continue;
      const stands = grade.extracted === sample.extracted && isDisputed(grade);
      if (stands) read.push({ position, mode, n, ...sample.judgement, verdict: readVerdict(sample.judgement.reply) });
      else dropped.push({ position, mode, n });
    }
    const majority = await majorityOf(
      scorer,
      item,
      graded.filter(({ mode, n }) => mode === 'sampled' && n < counted),
    );
    if (majority !== null) majorities.push(majority);
  }
  log.putGrades(task, grades, majorities);
  if (dropped.length > 0) log.dropJudgements(task, dropped);
  if (read.length > 0) log.putJudgements(task, read);
}

/** Returns whether a judge is asked about a sample: the rules found an answer but do not call it right. */
export function isDisputed({ extracted, verdict }: Pick<LoggedSample, 'extracted' | 'verdict'>): boolean {
  return extracted !== null && (verdict === 'wrong' || verdict === 'undecided');
}

async function majorityOf(
  scorer: Scorer,
  item: LoggedItem,
  samples: readonly (LoggedSample & Grade)[],
): Promise<Majority | null> {
  if (samples.length === 0) return null;
  const { label, agreement, unanswered } = await scorer.tally(samples.map(({ extracted }) => extracted));
  // The label is the first answer of its class, which is already graded.
  const verdict = samples.find(({ extracted }) => extracted !== null && extracted === label)?.verdict ?? 'unparsable';
  return { position: item.position, samples: samples.length, label, agreement, unanswered, verdict };
}

function byPosition(samples: readonly LoggedSample[]): Map<number, LoggedSample[]> {
  const groups = new Map<number, LoggedSample[]>();
  for (const sample of samples) {
    const group = groups.get(sample.position);
    if (group === undefined) groups.set(sample.position, [sample]);
    else group.push(sample);
  }
  return groups;
}

function pick({ extracted, verdict, reason }: Grade): Grade {
  return { extracted, verdict, reason };
}
