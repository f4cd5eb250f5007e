/**
 * Builds the report of an evaluation's log, alone or compared with a baseline: converts the results of
 * `summarize.ts` and `compare-logs.ts` to the format of `report.ts`. Reads only as many samples as a page
 * shows. Rendering is in `report-html.ts` and `model-index.ts`.
 */

import { TASKS } from '../benchmarks/index.ts';
import { compareLogs, type TaskComparison } from '../log/compare-logs.ts';
import { chooseCompletions, classOf, SAMPLE_LIMITS, type SampleLimits, spreadPlaces } from './choose.ts';
import type { EvaluationReader, LoggedItem, LoggedSample, SampleScore, TaskRecord } from '../log/log.ts';
import type {
  AverageReport,
  CompletionReport,
  DatasetReport,
  EvalReport,
  MetricReport,
  SampleReport,
  SampleVerdict,
  TaskReport,
} from './report.ts';
import { choiceLines, referenceText } from '../task.ts';
import {
  type EvaluationResults,
  incompleteNotes,
  metricScoresOf,
  modeOf,
  summarize,
  type TaskResult,
} from '../summarize.ts';

export interface FillOptions {
  /** Tasks in order; default all tasks of the log. */
  names?: readonly string[];
  /** Result of `summarize` for the log, if already computed. */
  results?: EvaluationResults;
  /** Another evaluation, for a comparison by question. */
  baseline?: EvaluationReader;
  limits?: Partial<Pick<SampleLimits, 'samples' | 'completions'>>;
}

/**
 * Builds the report of a log. `limits` bounds the number of samples in it; default: as many as a page shows.
 */
export function fillReport(log: EvaluationReader, options: FillOptions = {}): EvalReport {
  const { names, baseline, limits, results = summarize(log, names) } = options;
  const other = baseline === undefined ? null : { results: summarize(baseline), log: baseline };
  const compared = baseline === undefined ? [] : compareLogs(baseline, log, names).tasks;
  const records = new Map(log.tasks().map((record) => [record.name, record]));
  const tasks = results.tasks.flatMap((result): TaskReport[] => {
    const record = records.get(result.task);
    if (record === undefined) return [];
    const comparison = compared.find(({ task }) => task === result.task) ?? null;
    // Scores on different questions are not comparable.
    const before = comparison === null ? null : (other?.results.tasks.find(({ task }) => task === result.task) ?? null);
    return [taskReport(log, record, { result, before, comparison }, { ...SAMPLE_LIMITS, ...limits })];
  });
  return {
    model: results.model.name,
    baseline: other?.results.model.name ?? null,
    created: log.createdAt(),
    settings: settingsOf(results, log.judges()),
    notes: [...compared.flatMap(unlikeNote), ...notesOf(results)],
    tasks,
    averages: averagesOf(results, other?.results ?? null),
  };
}

function settingsOf({ settings, tasks }: EvaluationResults, judges: readonly string[]): [string, string][] {
  const { temperature, topP, topK, minP, maxTokens, seed, prompts } = settings;
  const sampled = tasks.some(({ samples }) => samples > 0);
  return [
    ['prompts', prompts],
    ['longest reply', maxTokens === null ? 'by task' : `${maxTokens} tokens`],
    ...(sampled
      ? [
          ['temperature of samples', String(temperature)] as [string, string],
          ['top p', String(topP)] as [string, string],
          ['top k', topK === 0 ? 'off' : String(topK)] as [string, string],
          ['min p', minP === 0 ? 'off' : String(minP)] as [string, string],
        ]
      : []),
    ['seed', String(seed)],
    ...judges.map((judge): [string, string] => ['judge', judge]),
  ];
}

function notesOf({ tasks, notes }: EvaluationResults): string[] {
  return [
    ...new Set([
      ...incompleteNotes(tasks),
      ...notes,
      ...tasks.flatMap((task) => [...(task.warnings ?? []), ...task.notes]),
    ]),
  ];
}

function unlikeNote({ title, unlike }: TaskComparison): string[] {
  if (unlike.length === 0) return [];
  return [`${title}: not compared like with like; the difference also measures the settings. ${unlike.join('; ')}.`];
}

function averagesOf(results: EvaluationResults, other: EvaluationResults | null): AverageReport[] {
  return results.averages.flatMap(({ name, estimate, of }) => {
    if (estimate === null) return [];
    const baseline = other?.averages.find((one) => one.name === name)?.estimate ?? null;
    return [{ name, tasks: of, score: estimate, baseline }];
  });
}

interface Measured {
  result: TaskResult;
  before: TaskResult | null;
  comparison: TaskComparison | null;
}

function taskReport(
  log: EvaluationReader,
  record: TaskRecord,
  { result, before, comparison }: Measured,
  limits: SampleLimits,
): TaskReport {
  const scores = log.scores(record.name, record.asked);
  const primary = primaryOf(result);
  return {
    name: result.task,
    title: result.title,
    dataset: datasetOf(record),
    n: result.questions,
    primary,
    metrics: metricsOf(result, before).map((metric) => ({
      ...metric,
      difference: metric.name === primary ? differenceOf(comparison) : null,
    })),
    tokens: result.tokens,
    replies: scores.length,
    seconds: result.seconds,
    unparsable: scores.filter(({ verdict }) => verdict === 'unparsable').length,
    undecided: scores.filter(({ verdict }) => verdict === 'undecided').length,
    truncated: result.truncated,
    malformed: result.malformed.count,
    samples: samplesOf(log, record, scores, limits),
  };
}

/** In a report, `pass@k` refers to samples; a single greedy answer is named `greedy`. */
function primaryOf({ metric }: TaskResult): string {
  return metric === 'pass@1' ? 'greedy' : metric;
}

function metricsOf(result: TaskResult, before: TaskResult | null): Omit<MetricReport, 'difference'>[] {
  const old = new Map(before === null ? [] : estimatesOf(before));
  return estimatesOf(result).map(([name, score]) => ({ name, score, baseline: old.get(name) ?? null }));
}

function estimatesOf(result: TaskResult): [string, MetricReport['score']][] {
  const { greedy, mean, majority, passAtK, judged, samples } = result;
  const all = [
    ['greedy', greedy] as const,
    [`mean@${samples}`, mean] as const,
    [`maj@${samples}`, majority] as const,
    // pass@1 equals mean@k.
    ...passAtK.filter(({ k }) => k > 1).map(({ k, estimate }) => [`pass@${k}`, estimate] as const),
    ['judged', judged] as const,
  ];
  return all.flatMap(([name, estimate]) => (estimate === null ? [] : [[name, estimate]]));
}

const TESTS = { mcnemar: 'McNemar, exact', 'sign-flip': 'sign flips' };

function differenceOf(comparison: TaskComparison | null): MetricReport['difference'] {
  if (comparison === null) return null;
  const { baseline: before, score: after, difference: gain, pValue: p, test, unlike } = comparison;
  return { before, after, gain, p, test: TESTS[test], ...(unlike.length === 0 ? {} : { unlike }) };
}

/**
 * Returns the public name of a benchmark's data, with its revision if it came from the hub. Null for the
 * user's own file.
 */
function datasetOf({ name, title, from }: TaskRecord): DatasetReport | null {
  const hub = TASKS.find((task) => task.name === name)?.source.hub ?? null;
  if (hub === null) return null;
  const { dataset, config, split } = hub;
  const revision = from.startsWith(`${dataset}@`) ? from.slice(dataset.length + 1) : null;
  return {
    name: title,
    type: dataset,
    ...(config !== undefined && { config }),
    split,
    ...(revision !== null && { revision }),
  };
}

/** Selects questions that count in the score, up to the limit, evenly over the verdicts. */
function samplesOf(
  log: EvaluationReader,
  record: TaskRecord,
  scores: readonly SampleScore[],
  limits: SampleLimits,
): SampleReport[] {
  const answered = metricScoresOf(scores, record).flatMap((score, position) => (score === null ? [] : [position]));
  const verdicts = new Map<number, { verdict: SampleVerdict }[]>(answered.map((position) => [position, []]));
  for (const { position, verdict } of scores) {
    if (verdict !== null) verdicts.get(position)?.push({ verdict });
  }
  const classes = answered.map((position) => classOf(verdicts.get(position) ?? []));
  const kept = spreadPlaces(classes, limits.samples);
  return answered
    .filter((_, at) => kept.has(at))
    .flatMap((position) =>
      log
        .items(record.name, position, position + 1)
        .map((item) => sampleReport(item, log.samples(record.name, position, position + 1), record, limits)),
    );
}

function sampleReport(
  item: LoggedItem,
  samples: readonly LoggedSample[],
  record: TaskRecord,
  { completions }: SampleLimits,
): SampleReport {
  const mode = modeOf(record);
  // Completions that count in the score come first.
  const replies = samples
    .toSorted((a, b) => Number(b.mode === mode) - Number(a.mode === mode) || a.n - b.n)
    .flatMap(completionReport);
  return {
    id: item.id,
    question: item.choices === null ? item.question : `${item.question}\n${choiceLines(item.choices)}`,
    reference: referenceText(item),
    prompt: item.prompt,
    replies: replies.length,
    completions: chooseCompletions(replies, completions),
  };
}

function completionReport(sample: LoggedSample): CompletionReport[] {
  const { mode, completion, tokens, extracted, verdict, reason, judgement } = sample;
  if (verdict === null) return [];
  return [
    {
      mode,
      text: completion,
      tokens,
      answer: extracted,
      verdict,
      reason: reason ?? '',
      judged: judgement?.verdict ?? null,
    },
  ];
}
