/**
 * A task is a published test: the source of its data, the conversion of a row to a question, the grading of
 * an answer, and the metric that the paper reports. Each has a small file in `benchmarks/`; the user's own
 * file becomes a task with a column mapping (`benchmarks/own-file.ts`).
 *
 * A task does no sampling and no grading itself: `harness.ts` asks, `scoring/` grades, `log/log.ts` stores,
 * `summarize.ts` counts.
 */

import { choiceLines, LETTERS } from '../data/choices.ts';
import { isMalformed, type Malformed, type PlacedRow, type Row } from '../data/row.ts';

/** A row that is not a valid question is `Malformed`: counted and reported, never silently dropped. */
export { choiceLines, isMalformed, LETTERS };
export type { Malformed, PlacedRow, Row };

/** How answers of a task are compared with the reference. */
export type Grading =
  /** Mathematical equality of the boxed answer. */
  | 'math'
  /** A letter, by an explicit grammar. */
  | 'letter'
  /** BBEH's fuzzy match of short texts. */
  | 'bbeh'
  /** The same match for the user's own file, with the prompts of the domain. */
  | 'text';

/** The right answer. */
export interface Reference {
  /** Any of these is right. For multiple choice: one letter. */
  answers: string[];
  /** Each answer is a list of several values in any order. */
  unordered?: boolean;
  /** An answer may include or omit the unit. */
  unit?: string;
  /** Maximum absolute difference, if defined by the data set. */
  tolerance?: number;
}

export interface EvalItem {
  /** Unique within the task; the data set's id if it has one. */
  id: string;
  question: string;
  /** Texts of choices A, B, …; null for an open question. */
  choices: string[] | null;
  reference: Reference;
  /** Category of the item within the test, for a breakdown. */
  category: string | null;
  /** Note about an irregular but usable row; counted and reported. */
  remark?: string;
}

/** Files of a data set on the Hugging Face hub. */
export interface HubSource {
  dataset: string;
  /** Folder or prefix of the files, for a data set with several configurations. */
  config?: string;
  split: string;
  /** Branch, tag or commit. */
  revision: string;
}

export interface TaskSource {
  /** File names to look for in the data folder, in this order. */
  files: readonly string[];
  hub: HubSource | null;
}

/** The metric shown for a task. */
export type Metric =
  /** One greedy answer. */
  | { kind: 'greedy' }
  /** Mean over sampled answers; `samples` is the default number. */
  | { kind: 'mean'; samples: number };

export interface Task {
  /** Name on the command line. */
  name: string;
  title: string;
  /** Which of the paper's averages includes it. */
  group: 'math' | 'general' | 'other';
  grading: Grading;
  metric: Metric;
  source: TaskSource;
  /** Number of questions of the published versions; any other number is reported. Empty: not checked. */
  sizes: readonly number[];
  /** `at`: 0-based row number. */
  toItem(row: Row, at: number): EvalItem | Malformed;
  /** Completes the task from its rows, for a file whose columns and answers are known only then. */
  prepare?(rows: readonly PlacedRow[], from: string): Task & { notes?: string[] };
  /** The reference solution as a model would write it, if the data set has one. Used to check the grading. */
  solution?(row: Row): string | null;
}

/** Formats the reference for people and judges. */
export function referenceText({ reference }: Pick<EvalItem, 'reference'>): string {
  const unit = reference.unit === undefined ? '' : ` (unit: ${reference.unit})`;
  const order = reference.unordered === true ? ' (in any order)' : '';
  return reference.answers.join('  or  ') + unit + order;
}
