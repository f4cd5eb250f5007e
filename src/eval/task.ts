/**
 * A task is a test that other people made: where its data is, how a row becomes a question, how an answer
 * is graded, and which number the paper reports. One small file each in `benchmarks/`; the user's own file
 * becomes a task by a column mapping (`benchmarks/own-file.ts`). A task samples nothing and grades nothing:
 * `harness.ts` asks, `scoring/` grades, `log.ts` keeps everything, `summarize.ts` counts.
 */

import type { Malformed, Row } from '../data/rows.ts';

/** A row that is no question is `Malformed`: counted and reported, never dropped in silence. */
export type { Malformed, Row };

/** How answers of a task are compared with the reference. */
export type Grading =
  /** Mathematical equality of the boxed answer. */
  | 'math'
  /** A letter, by an explicit grammar. */
  | 'letter'
  /** BBEH's own fuzzy match of short texts. */
  | 'bbeh';

/** What counts as right. */
export interface Reference {
  /** Any one of these is right. Letters: one letter. */
  answers: string[];
  /** Each answer is a list of several values that may come in any order. */
  unordered?: boolean;
  /** A right answer may name it or leave it out. */
  unit?: string;
  /** Largest absolute difference that the data set itself allows. */
  tolerance?: number;
}

export interface EvalItem {
  /** Unique within the task; the data set's own where it has one. */
  id: string;
  question: string;
  /** Texts of choices A, B, …; null where the answer is open. */
  choices: string[] | null;
  reference: Reference;
  /** Part of the test that the item belongs to, for a breakdown. */
  category: string | null;
  /** What is odd about a row that is a question all the same: counted and reported. */
  remark?: string;
}

/** Files of a data set on the Hugging Face hub. */
export interface HubSource {
  dataset: string;
  /** Folder or prefix of the files, where the data set has several configurations. */
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

/** The number that a table shows for a task. */
export type Metric =
  /** One greedy answer. */
  | { kind: 'greedy' }
  /** Mean over sampled answers, `samples` of them unless the user says otherwise. */
  | { kind: 'mean'; samples: number };

export interface Task {
  /** As on the command line. */
  name: string;
  title: string;
  /** Which of the paper's averages it enters. */
  group: 'math' | 'general' | 'other';
  grading: Grading;
  metric: Metric;
  source: TaskSource;
  /** Numbers of questions of the published versions; another number is reported. Empty: none is. */
  sizes: readonly number[];
  /** `at`: 0-based number of the row. */
  toItem(row: Row, at: number): EvalItem | Malformed;
  /** The reference solution as a model would write it, where the data set has one: to check the grading with. */
  solution?(row: Row): string | null;
}

/** Letters of choices in order. */
export const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** `A. …`, a line for each choice. */
export function choiceLines(choices: readonly string[]): string {
  return choices.map((choice, at) => `${LETTERS[at]}. ${choice}`).join('\n');
}

/** The reference for people and judges. */
export function referenceText({ reference }: Pick<EvalItem, 'reference'>): string {
  const unit = reference.unit === undefined ? '' : ` (unit: ${reference.unit})`;
  const order = reference.unordered === true ? ' (in any order)' : '';
  return reference.answers.join('  or  ') + unit + order;
}

export function isMalformed(item: EvalItem | Malformed): item is Malformed {
  return 'malformed' in item;
}
