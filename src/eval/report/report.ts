/**
 * An evaluation as plain data, ready for display: results, their uncertainty, and samples. It is JSON, and
 * shares are 0..1. `fill-report.ts` builds it from a log; `report-html.ts` renders a page, `model-index.ts` a
 * block for model cards. Texts may come from a model, a data set or a server, so renderers must escape them.
 */

import type { ChatMessage, Estimate } from '../../types.ts';

export interface EvalReport {
  /** Name as the user wrote it. */
  model: string;
  /** Name of the baseline, if there is one. */
  baseline: string | null;
  /** ISO 8601. */
  created: string;
  /** Settings for display: `temperature` and `1.0`, `judge` and its name. */
  settings: readonly (readonly [name: string, value: string])[];
  /** Notes for the reader: settings that a server ignored, tasks that are incomplete. */
  notes: readonly string[];
  tasks: readonly TaskReport[];
  averages: readonly AverageReport[];
}

export interface TaskReport {
  /** Name on the command line. */
  name: string;
  title: string;
  /** Null if the data has no public name. */
  dataset: DatasetReport | null;
  /** Answered questions, over which the scores are computed. */
  n: number;
  /** Name of the task's main metric. */
  primary: string;
  metrics: readonly MetricReport[];
  /** New tokens of all replies. */
  tokens: number;
  replies: number;
  seconds: number;
  /** Replies without an answer. */
  unparsable: number;
  /** Replies with an answer that the rules could not decide. */
  undecided: number;
  /** Replies cut off at the token limit. */
  truncated: number;
  /** Rows of the data that are not valid questions. */
  malformed: number;
  /** All samples, or as many as are available; a page shows a selection. */
  samples: readonly SampleReport[];
}

/** Source of the questions, in the terms of the Hugging Face hub. */
export interface DatasetReport {
  /** Display name: `MATH-500`. */
  name: string;
  /** Hub id (`HuggingFaceH4/MATH-500`), or a custom name. */
  type: string;
  config?: string;
  split?: string;
  /** Branch, tag or commit. */
  revision?: string;
}

export interface MetricReport {
  /** `greedy`, `mean@4`, `maj@4`, `pass@4`, `judged`, … */
  name: string;
  /** With its 95 % interval. */
  score: Estimate;
  baseline: Estimate | null;
  difference: PairedDifference | null;
}

/** Model minus baseline, paired by question. */
export interface PairedDifference {
  /** Scores of the baseline and of the model on the questions that both have answered. */
  before: number;
  after: number;
  /** In -1..1, with its 95 % interval. */
  gain: Estimate;
  /** Two-sided. */
  p: number;
  /** Name of the test, e.g. `McNemar`. */
  test: string;
  /** Settings in which the two evaluations differ. */
  unlike?: readonly string[];
}

/** Averages over tasks, as in the paper: MATH AVG, General AVG, Overall AVG. */
export interface AverageReport {
  name: string;
  /** Names of the averaged tasks. */
  tasks: readonly string[];
  score: Estimate;
  baseline: Estimate | null;
}

export type SampleVerdict =
  | 'right'
  | 'wrong'
  /** An answer was found, but the rules could not decide. */
  | 'undecided'
  /** No answer was found; counts as wrong. */
  | 'unparsable';

export interface SampleReport {
  /** Unique within the task. */
  id: string;
  question: string;
  reference: string;
  prompt: readonly ChatMessage[];
  /** Number of replies; more than `completions` if only some are included. */
  replies: number;
  completions: readonly CompletionReport[];
}

export interface CompletionReport {
  mode: 'greedy' | 'sampled';
  text: string;
  tokens: number;
  /** The final answer, as extracted. */
  answer: string | null;
  verdict: SampleVerdict;
  /** The deciding rule, or the reason why it is undecided. */
  reason: string;
  /** A judge's verdict, if a judge was asked. */
  judged: 'right' | 'wrong' | 'undecided' | null;
}

/** Returns the task's main metric, or null if the report lacks it. */
export function primaryMetric(task: TaskReport): MetricReport | null {
  return task.metrics.find(({ name }) => name === task.primary) ?? null;
}
