/**
 * An evaluation as plain data, ready to be shown: what was measured, how surely, and on which samples.
 * `fill-report.ts` fills it from a log; `report-html.ts` makes a page of it, `model-index.ts` a block for model cards. It is JSON,
 * and shares are 0..1. Texts are whatever a model, a data set or a server wrote: those who show them escape them.
 */

import type { ChatMessage, Estimate } from '../../types.ts';

export interface EvalReport {
  /** As the user knows it. */
  model: string;
  /** What it is compared with, where it is. */
  baseline: string | null;
  /** ISO 8601. */
  created: string;
  /** How it was measured, in words: `temperature` and `1.0`, `judge` and its name. */
  settings: readonly (readonly [name: string, value: string])[];
  /** What a reader must know: settings that a server did not take, tasks that were cut short. */
  notes: readonly string[];
  tasks: readonly TaskReport[];
  averages: readonly AverageReport[];
}

export interface TaskReport {
  /** As on the command line. */
  name: string;
  title: string;
  /** Null where the data has no public name. */
  dataset: DatasetReport | null;
  /** Questions answered: those that the scores are of. */
  n: number;
  /** Name of the metric that stands for the task. */
  primary: string;
  metrics: readonly MetricReport[];
  /** New tokens of all replies. */
  tokens: number;
  replies: number;
  seconds: number;
  /** Replies without an answer that could be found. */
  unparsable: number;
  /** Replies with an answer that the rules could not judge. */
  undecided: number;
  /** Replies cut off at the token limit. */
  truncated: number;
  /** Rows of the data that are no questions. */
  malformed: number;
  /** All of them, or as many as are at hand; a page shows a choice. */
  samples: readonly SampleReport[];
}

/** Where the questions come from, in the words of the Hugging Face hub. */
export interface DatasetReport {
  /** For people: `MATH-500`. */
  name: string;
  /** Hub id (`HuggingFaceH4/MATH-500`), or a name of one's own. */
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

/** Model minus baseline, question by question. */
export interface PairedDifference {
  /** In -1..1, with its 95 % interval. */
  gain: Estimate;
  /** Two-sided. */
  p: number;
  /** Name of the test, e.g. `McNemar`. */
  test: string;
}

/** Over tasks, as the paper has them: MATH AVG, General AVG, Overall AVG. */
export interface AverageReport {
  name: string;
  /** Names of the tasks in it. */
  tasks: readonly string[];
  score: Estimate;
  baseline: Estimate | null;
}

export type SampleVerdict =
  | 'right'
  | 'wrong'
  /** An answer was found, and the rules can tell neither way. */
  | 'undecided'
  /** No answer was found: counts as wrong. */
  | 'unparsable';

export interface SampleReport {
  /** Unique within the task. */
  id: string;
  question: string;
  reference: string;
  prompt: readonly ChatMessage[];
  /** Replies that there are; more than `completions` where only some are at hand. */
  replies: number;
  completions: readonly CompletionReport[];
}

export interface CompletionReport {
  mode: 'greedy' | 'sampled';
  text: string;
  tokens: number;
  /** The final answer as found. */
  answer: string | null;
  verdict: SampleVerdict;
  /** Why: a rule, or what could not be told. */
  reason: string;
  /** A judge's second opinion, where one was asked. */
  judged: 'right' | 'wrong' | 'undecided' | null;
}

/** The metric that stands for a task; null when the report lacks it. */
export function primaryMetric(task: TaskReport): MetricReport | null {
  return task.metrics.find(({ name }) => name === task.primary) ?? null;
}
