/**
 * Summarises an evaluation's log: a result per task with intervals clustered by question, and the paper's
 * averages. Read-only; the task's metric defines what a score means. Next: `report/fill-report.ts`.
 */

import type { Estimate } from '../types.ts';
import { TASKS } from './benchmarks/index.ts';
import type { MalformedRows } from './load-task.ts';
import type { EvaluationAbout, EvaluationReader, SampleScore, TaskRecord } from './log/log.ts';
import type { Verdict } from './scoring/scorer.ts';
import { mean, meanEstimate, passAtK, sum, wilson } from './statistics.ts';
import { warningsOf } from './warnings.ts';

export interface TaskResult {
  task: string;
  title: string;
  group: TaskRecord['group'];
  /** Meaning of `score`: `pass@1` (greedy) or `mean@k`. */
  metric: string;
  /** Questions with all their answers, out of `asked`. */
  questions: number;
  asked: number;
  /** The number that the paper reports; null without answers. */
  score: Estimate | null;
  /** The score with the judge's verdicts; null without a judge. */
  judged: Estimate | null;
  greedy: Estimate | null;
  /** Sampled answers per question; 0 = none. */
  samples: number;
  mean: Estimate | null;
  majority: Estimate | null;
  /** Unbiased, for k = 1, 2, 4, … up to `samples`. */
  passAtK: { k: number; estimate: Estimate }[];
  /** Answers by verdict, of those that count in `score`. */
  verdicts: Record<Verdict, number>;
  /** Judged answers by the judge's verdict; null without a judge. */
  judgements: { right: number; wrong: number; undecided: number } | null;
  /** New tokens of all stored answers, and the mean per answer. */
  tokens: number;
  meanTokens: number;
  /** Stored answers cut off at the token limit. */
  truncated: number;
  /** Wall seconds of generation. */
  seconds: number;
  malformed: MalformedRows;
  notes: string[];
  /** Sentences about answers without a clear verdict; absent in results of older versions. */
  warnings?: string[];
  from: string;
  /** By category of the test, if any: the mean of the metric, without interval. */
  categories: { category: string; questions: number; score: number }[];
}

export interface Average {
  /** Name in the paper. */
  name: string;
  /** Null while one of its tasks is missing or incomplete. */
  estimate: Estimate | null;
  /** Its members: tasks, and other averages. */
  of: string[];
  /** Members that are missing or incomplete. */
  missing: string[];
}

export interface EvaluationResults {
  model: EvaluationAbout['model'];
  settings: EvaluationAbout['settings'];
  tasks: TaskResult[];
  averages: Average[];
  /** Notes on how it was measured. */
  notes: string[];
}

/** Summarises some tasks of a log (default: all), in the given order. */
export function summarize(log: EvaluationReader, names?: readonly string[]): EvaluationResults {
  const records = log.tasks();
  const wanted = names === undefined ? records : names.flatMap((name) => records.filter((one) => one.name === name));
  const tasks = wanted.map((record) => taskResult(log, record));
  const { model, settings } = log.about();
  return { model, settings, tasks, averages: averagesOf(tasks), notes: log.notes() };
}

/** Lists the tasks without all their answers, as sentences. */
export function incompleteNotes(tasks: readonly TaskResult[]): string[] {
  return tasks
    .filter(({ questions, asked }) => questions < asked)
    .map(({ title, questions, asked }) => `${title}: not complete, ${questions} of ${asked} questions are answered.`);
}

/** Scores of one question: greedy 0 or 1, sampled a share. Null if the question is not fully answered. */
interface QuestionScores {
  greedy: number | null;
  sampled: number | null;
  judged: number | null;
}

/** Computes the scores in the order of asking. `judged` is the metric with the judge's verdicts. */
function scoresOf(answers: readonly Answers[], record: TaskRecord): QuestionScores[] {
  return answers.map((samples) => {
    const metric = samples[modeOf(record)];
    return {
      greedy: shareRight(samples.greedy, 1),
      sampled: record.samples === 0 ? null : shareRight(samples.sampled, record.samples),
      judged: shareOf(metric, wantedOf(record), ({ verdict, judged }) => verdict === 'right' || judged === 'right'),
    };
  });
}

/** Computes the metric's score of each question; null if it is not fully answered. */
export function metricScores(log: EvaluationReader, record: TaskRecord): (number | null)[] {
  return metricScoresOf(log.scores(record.name, record.asked), record);
}

/** Same as `metricScores`, for samples that were already read. */
export function metricScoresOf(samples: readonly SampleScore[], record: TaskRecord): (number | null)[] {
  return scoresOf(byQuestion(samples, record), record).map((scores) => scores[modeOf(record)]);
}

/**
 * Returns the mode of the score. A mean metric needs samples; without them, a task reports its greedy
 * answers.
 */
export function modeOf(record: Pick<TaskRecord, 'metric' | 'samples'>): 'greedy' | 'sampled' {
  return record.metric.kind === 'mean' && record.samples > 0 ? 'sampled' : 'greedy';
}

function wantedOf(record: TaskRecord): number {
  return modeOf(record) === 'greedy' ? 1 : record.samples;
}

type Answers = Record<'greedy' | 'sampled', SampleScore[]>;

function byQuestion(scores: readonly SampleScore[], record: TaskRecord): Answers[] {
  const questions = Array.from({ length: record.asked }, (): Answers => ({ greedy: [], sampled: [] }));
  for (const score of scores) {
    // More samples than requested may be stored from an earlier call.
    if (score.mode === 'greedy' || score.n < record.samples) questions[score.position][score.mode].push(score);
  }
  return questions;
}

function shareRight(samples: readonly SampleScore[], wanted: number): number | null {
  return shareOf(samples, wanted, ({ verdict }) => verdict === 'right');
}

function shareOf(
  samples: readonly SampleScore[],
  wanted: number,
  isRight: (sample: SampleScore) => boolean,
): number | null {
  if (samples.length < wanted || samples.some(({ verdict }) => verdict === null)) return null;
  return samples.filter(isRight).length / samples.length;
}

function taskResult(log: EvaluationReader, record: TaskRecord): TaskResult {
  const scores = log.scores(record.name, record.asked);
  const answers = byQuestion(scores, record);
  const perQuestion = scoresOf(answers, record);
  const mode = modeOf(record);
  const counted = answers.flatMap((one) => one[mode]);
  const judged = scores.some((score) => score.judged !== null);
  const greedy = known(perQuestion.map((one) => one.greedy));
  const sampled = known(perQuestion.map((one) => one.sampled));
  const metric = mode === 'greedy' ? greedy : sampled;
  const majorities = log.majorities(record.name, record.asked).filter(({ samples }) => samples === record.samples);
  const seconds = log.seconds(record.name);
  const tokens = scores.reduce((sum, score) => sum + score.tokens, 0);
  const verdicts = countVerdicts(counted);
  const judgements = judged ? countJudgements(counted) : null;
  return {
    task: record.name,
    title: record.title,
    group: record.group,
    metric: mode === 'greedy' ? 'pass@1' : `mean@${record.samples}`,
    questions: metric.length,
    asked: record.asked,
    score: estimateOf(metric, mode),
    judged: judged ? estimateOf(known(perQuestion.map((one) => one.judged)), mode) : null,
    greedy: estimateOf(greedy, 'greedy'),
    samples: record.samples,
    mean: estimateOf(sampled, 'sampled'),
    majority:
      record.samples < 2 || majorities.length === 0
        ? null
        : wilson(majorities.filter(({ verdict }) => verdict === 'right').length, majorities.length),
    passAtK: passEstimates(sampled, record.samples),
    verdicts,
    judgements,
    tokens,
    meanTokens: scores.length === 0 ? 0 : tokens / scores.length,
    truncated: scores.filter(({ stop }) => stop === 'length').length,
    seconds: seconds.greedy + seconds.sampled,
    malformed: record.malformed,
    notes: record.notes,
    warnings: warningsOf({ title: record.title, verdicts, judgements }),
    from: record.from,
    categories: categoriesOf(
      log,
      record,
      perQuestion.map((one) => one[mode]),
    ),
  };
}

function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

function estimateOf(scores: readonly number[], mode: 'greedy' | 'sampled'): Estimate | null {
  if (scores.length === 0) return null;
  return mode === 'greedy' ? wilson(Math.round(sum(scores)), scores.length) : meanEstimate(scores);
}

function passEstimates(shares: readonly number[], samples: number): TaskResult['passAtK'] {
  if (shares.length === 0) return [];
  const out: TaskResult['passAtK'] = [];
  for (let k = 1; k <= samples; k *= 2) {
    const perQuestion = shares.map((share) => passAtK(samples, Math.round(share * samples), k));
    out.push({ k, estimate: meanEstimate(perQuestion) });
  }
  return out;
}

function countVerdicts(samples: readonly SampleScore[]): Record<Verdict, number> {
  const counts = { right: 0, wrong: 0, undecided: 0, unparsable: 0 };
  for (const { verdict } of samples) if (verdict !== null) counts[verdict]++;
  return counts;
}

function countJudgements(samples: readonly SampleScore[]): { right: number; wrong: number; undecided: number } {
  const counts = { right: 0, wrong: 0, undecided: 0 };
  for (const { judged } of samples) if (judged !== null) counts[judged]++;
  return counts;
}

function categoriesOf(
  log: EvaluationReader,
  record: TaskRecord,
  scores: readonly (number | null)[],
): TaskResult['categories'] {
  const groups = new Map<string, number[]>();
  for (const { position, category } of log.categories(record.name, record.asked)) {
    const score = scores[position];
    if (score === null) continue;
    const group = groups.get(category);
    if (group === undefined) groups.set(category, [score]);
    else group.push(score);
  }
  return [...groups]
    .map(([category, values]) => ({ category, questions: values.length, score: mean(values) }))
    .toSorted((a, b) => (a.category < b.category ? -1 : 1));
}

/** Members of each average, in the paper's order. The name of another average stands for its value. */
const AVERAGES: readonly { name: string; of: readonly string[] }[] = [
  { name: 'MATH AVG', of: TASKS.filter(({ group }) => group === 'math').map(({ name }) => name) },
  { name: 'General AVG', of: TASKS.filter(({ group }) => group === 'general').map(({ name }) => name) },
  {
    name: 'Overall AVG',
    of: ['MATH AVG', ...TASKS.filter(({ group }) => group === 'general').map(({ name }) => name)],
  },
];

/** A named estimate; averages consist of these. */
export interface Scored {
  name: string;
  estimate: Estimate | null;
}

/**
 * Computes the paper's averages: of the seven math tasks, of the three general ones, and of MATH AVG with the
 * three. All members weigh the same; intervals are combined as for independent tasks.
 */
export function averagesOf(tasks: readonly TaskResult[]): Average[] {
  return averageEach(
    tasks.map(({ task, score, questions, asked }) => ({ name: task, estimate: questions === asked ? score : null })),
  );
}

/** Same as `averagesOf`, for any estimates, such as differences. */
export function averageEach(scored: readonly Scored[]): Average[] {
  const all = [...scored];
  return AVERAGES.map(({ name, of }) => {
    const members = of.map((member) => all.find((one) => one.name === member)?.estimate ?? null);
    const missing = of.filter((_, at) => members[at] === null);
    const estimate = missing.length > 0 ? null : averageOf(members.filter((one) => one !== null));
    all.push({ name, estimate });
    return { name, estimate, of: [...of], missing };
  });
}

function averageOf(members: readonly Estimate[]): Estimate {
  const value = mean(members.map((one) => one.value));
  const half = Math.sqrt(sum(members.map(({ low, high }) => ((high - low) / 2) ** 2))) / members.length;
  return { value, low: value - half, high: value + half };
}
