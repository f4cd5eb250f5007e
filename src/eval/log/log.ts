/**
 * Storage of an evaluation: every question with its prompt, every completion, extracted answer, verdict and
 * judgement, in one SQLite file in its own folder. A reply is stored before the next one is awaited, so an
 * interrupted evaluation resumes where it stopped, and stored completions can be graded again without a
 * model.
 *
 * This module only stores: `harness.ts` asks, `scoring/` grades, `summarize.ts` counts. The tables
 * (`log-schema.ts`) are documented for use with plain SQL.
 */

import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Reply } from '../../generate/generator.ts';
import { EvalError, messageOf, StoreError } from '../../errors.ts';
import { connect, type Database, disconnect, put, rows, transaction } from '../../store/database.ts';
import { type Custody, takeCustody } from '../../store/custody.ts';
import { connectToRead } from '../../store/read-only.ts';
import { RZERO_VERSION } from '../../store/version.ts';
import type { ChatMessage } from '../../types.ts';
import type { MalformedRows } from '../load-task.ts';
import type { Judgement } from '../judges/judge-answer.ts';
import { arrangeItems, type PlacedItem } from './arrange.ts';
import { LOG_SCHEMA } from './log-schema.ts';
import { storedName } from './task-name.ts';
import type { ModelIdentity } from '../../generate/open-model.ts';
import type { PinnedModel } from '../../generate/run-inputs.ts';
import type { Grade, Verdict } from '../scoring/scorer.ts';
import type { EvalItem, Grading, Metric, Task } from '../task.ts';

export const LOG_FILE = 'eval.db';
const SCHEMA = 1;

export type Mode = 'greedy' | 'sampled';

/** Settings shared by all samples of an evaluation. Stored as JSON. */
export interface EvaluationSettings {
  seed: number;
  /** For sampled answers; greedy ones use 0. */
  temperature: number;
  topP: number;
  topK: number;
  minP: number;
  /** Maximum new tokens of one answer. Null: per task, as in the paper. */
  maxTokens: number | null;
  /** Domain whose prompts are used for open questions. */
  prompts: string;
  /** Settings of the chat template that differ from the defaults, as JSON (`textSettings`); absent: none. */
  text?: string;
}

export interface EvaluationAbout {
  model: ModelIdentity;
  settings: EvaluationSettings;
  /** Pins of the model's files (`evaluated-files.ts`); absent for a model that is in no folder. */
  files?: PinnedModel;
}

/** A task as it was asked. Stored as JSON. */
export interface TaskRecord {
  name: string;
  title: string;
  group: Task['group'];
  grading: Grading;
  metric: Metric;
  /** File, or data set with its commit. */
  from: string;
  /** Absolute path of the file, or data set with its commit; absent in evaluations of older versions. */
  source?: string;
  digest: string;
  /** Questions of the full test. */
  total: number;
  /** Number of questions asked, from the start of the order. */
  asked: number;
  /** Sampled answers per question, in addition to the greedy one. */
  samples: number;
  malformed: MalformedRows;
  notes: string[];
}

export interface LoggedItem extends EvalItem {
  position: number;
  prompt: ChatMessage[];
}

export interface SampleKey {
  position: number;
  mode: Mode;
  n: number;
}

export interface LoggedSample extends SampleKey {
  completion: string;
  tokens: number;
  stop: 'stop' | 'length';
  extracted: string | null;
  verdict: Verdict | null;
  reason: string | null;
  judgement: Judgement | null;
}

export interface Majority {
  position: number;
  samples: number;
  label: string | null;
  agreement: number;
  unanswered: number;
  verdict: Verdict;
}

/** A sample without its texts, for counting. */
export type SampleScore = Pick<LoggedSample, 'position' | 'mode' | 'n' | 'tokens' | 'stop' | 'verdict'> & {
  judged: Judgement['verdict'] | null;
};

/** Read access, for reports. */
export interface EvaluationReader {
  readonly dir: string;
  about(): EvaluationAbout;
  /** ISO 8601. */
  createdAt(): string;
  /** Notes on how it was measured, in the order of their discovery. */
  notes(): string[];
  /** Names of the judge models. */
  judges(): string[];
  tasks(): TaskRecord[];
  /** Items at positions [from, to). */
  items(task: string, from: number, to: number): LoggedItem[];
  /** Categories of the items before position `asked`, if they have one. */
  categories(task: string, asked: number): { position: number; category: string }[];
  /** All samples of items in [from, to), by position, mode and number. */
  samples(task: string, from: number, to: number): LoggedSample[];
  scores(task: string, asked: number): SampleScore[];
  majorities(task: string, asked: number): Majority[];
  /** Wall time of generation so far, in seconds. */
  seconds(task: string): Record<Mode, number>;
  close(): void;
}

export interface EvaluationLog extends EvaluationReader {
  /**
   * Returns the name under which a task is stored: another one than its own if an evaluation of other data has that
   * name. The same file, or the same questions, have the same name again.
   */
  nameOf(task: Pick<TaskRecord, 'name' | 'from' | 'source' | 'digest'>): string;
  /**
   * Adds a task, or updates its questions and how much of it is asked. Answers to questions that are the same stay with
   * them, whatever their position was.
   */
  putTask(record: TaskRecord, items: readonly LoggedItem[]): void;
  /** Removes all answers to a task, with their grades and judgements; its questions stay. */
  discard(task: string): void;
  addNotes(notes: readonly string[]): void;
  /** Number of stored samples of each item before position `asked`. */
  counts(task: string, mode: Mode, asked: number): number[];
  addReplies(task: string, at: { position: number; mode: Mode; first: number }, replies: readonly Reply[]): void;
  addSeconds(task: string, mode: Mode, seconds: number): void;
  /** Positions with ungraded samples, ascending. */
  ungraded(task: string): number[];
  /** Marks the samples as ungraded whose comparison was stopped before it had a result. */
  reopenStopped(task: string): void;
  putGrades(task: string, grades: readonly (SampleKey & Grade)[], majorities: readonly Majority[]): void;
  putJudgements(task: string, judgements: readonly (SampleKey & Judgement)[]): void;
  dropJudgements(task: string, keys: readonly SampleKey[]): void;
}

/** Returns whether a folder contains an evaluation. */
export function isEvaluation(dir: string): boolean {
  return existsSync(join(dir, LOG_FILE));
}

/**
 * Opens the evaluation in `dir`, or creates it if `about` is given. Throws EvalError if the folder contains
 * an evaluation of another model or with other settings, and StoreError if it cannot be read or is in use.
 */
export function openLog(dir: string, about?: EvaluationAbout): EvaluationLog {
  const folder = resolve(dir);
  if (about === undefined) requireEvaluation(folder);
  if (about !== undefined) makeFolder(folder);
  const custody = guard(folder, 'lock', () => takeCustody(folder, LOG_FILE));
  try {
    const database = guard(folder, 'open', () => connect(folder, LOG_FILE));
    // A power cut may lose the last reply, which is then asked again; a kill loses nothing.
    database.exec('PRAGMA synchronous = NORMAL');
    const stored = guard(folder, 'read', () => begin(folder, database, about));
    if (about !== undefined) requireSame(folder, stored, about);
    custody.check();
    return createLog(folder, database, stored, custody);
  } catch (error) {
    custody.release();
    throw error;
  }
}

/**
 * Opens the evaluation in `dir` for reading, even while another process writes it, and without the right to write. Throws
 * EvalError if there is none.
 */
export function readLog(dir: string): EvaluationReader {
  const folder = resolve(dir);
  requireEvaluation(folder);
  const { database, close } = guard(folder, 'read', () => connectToRead(folder, LOG_FILE));
  try {
    const stored = guard(folder, 'read', () => begin(folder, database, undefined));
    return { ...createLog(folder, database, stored, null), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Nothing is stored yet, so that nothing can be continued. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new StoreError(
      `No evaluation can be written in ${folder}: ${messageOf(cause)}.`,
      'Name a folder that you can write with --out FOLDER.',
      { cause },
    );
  }
}

function requireEvaluation(folder: string): void {
  if (isEvaluation(folder)) return;
  throw new EvalError(
    `There is no evaluation in ${folder}.`,
    'Evaluate the model first: add --tasks TASKS. Or name the folder of an evaluation with --out FOLDER.',
  );
}

function begin(folder: string, database: Database, about: EvaluationAbout | undefined): EvaluationAbout {
  const tables = rows(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'evaluation'"));
  if (tables.length === 0 && about !== undefined) {
    transaction(database, () => {
      database.exec(LOG_SCHEMA);
      const insert = database.prepare('INSERT INTO evaluation VALUES (1, ?, ?, ?, ?)');
      put(insert, SCHEMA, new Date().toISOString(), RZERO_VERSION, JSON.stringify(about));
    });
  }
  const [row] = rows<{ schema: number; version: string; json: string }>(
    database.prepare('SELECT schema, version, json FROM evaluation'),
  );
  if (row.schema > SCHEMA) {
    throw new EvalError(
      `The evaluation in ${folder} was made by rzero ${row.version}, which is newer.`,
      `Open it with rzero ${row.version}.`,
    );
  }
  return JSON.parse(row.json);
}

/** Returns in what two evaluations differ: the model, and settings by name. Empty if they can be continued as one. */
export function differencesBetween(stored: EvaluationAbout, wanted: EvaluationAbout): string[] {
  return [
    ...(isSameModel(stored.model, wanted.model) ? [] : [`the model (${stored.model.name})`]),
    ...Object.entries(wanted.settings)
      .filter(([name, value]) => stored.settings[name as keyof EvaluationSettings] !== value)
      .map(([name]) => name),
  ];
}

function requireSame(dir: string, stored: EvaluationAbout, wanted: EvaluationAbout): void {
  const differing = differencesBetween(stored, wanted);
  if (differing.length === 0) return;
  throw new EvalError(
    `The evaluation in ${dir} differs in ${differing.join(', ')}.`,
    'Choose another folder with --out FOLDER, or omit --out. With --fresh, a new evaluation starts in this folder, and the earlier one is kept under another name.',
  );
}

/**
 * Compares models by their weights, because a folder may have been moved. Without a fingerprint, compares
 * locations.
 */
function isSameModel(a: ModelIdentity, b: ModelIdentity): boolean {
  return a.fingerprint === null ? a.location === b.location : a.fingerprint === b.fingerprint;
}

/** Converts a failure of the database or the disk to a StoreError. */
function guard<T>(dir: string, doing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof EvalError || error instanceof StoreError) throw error;
    throw new StoreError(
      `Could not ${doing} the evaluation in ${dir}: ${messageOf(error)}.`,
      'Check the disk and the permissions of the folder. Stored results are kept; the same command resumes.',
      { cause: error },
    );
  }
}

function createLog(dir: string, database: Database, about: EvaluationAbout, custody: Custody | null): EvaluationLog {
  const sql = prepare(database);
  const records = (): TaskRecord[] => rows<{ json: string }>(sql.tasks).map(({ json }): TaskRecord => JSON.parse(json));
  const write = <T>(work: () => T): T =>
    guard(dir, 'write', () =>
      transaction(database, () => {
        custody?.check();
        return work();
      }),
    );
  return {
    dir,
    about: () => about,
    nameOf: (task) => storedName(records(), task),
    putTask(record, items) {
      write(() => {
        put(sql.putTask, record.name, JSON.stringify(record));
        arrangeItems(database, record.name, items.map(toRow));
      });
    },
    discard(task) {
      write(() => sql.discard.forEach((statement) => put(statement, task)));
    },
    createdAt: () => rows<{ created_at: string }>(sql.created)[0].created_at,
    notes: () => rows<{ note: string }>(sql.notes).map(({ note }) => note),
    judges: () => rows<{ judge: string }>(sql.judges).map(({ judge }) => judge),
    addNotes(notes) {
      if (notes.length > 0) write(() => notes.forEach((note) => put(sql.addNote, note)));
    },
    tasks: records,
    items: (task, from, to) => rows<PlacedItem>(sql.items, task, from, to).map(toItem),
    categories: (task, asked) => rows<{ position: number; category: string }>(sql.categories, task, asked),
    counts(task, mode, asked) {
      const counts = Array.from({ length: asked }, () => 0);
      for (const { position, count } of rows<{ position: number; count: number }>(sql.counts, task, mode, asked)) {
        counts[position] = count;
      }
      return counts;
    },
    addReplies(task, { position, mode, first }, replies) {
      write(() =>
        replies.forEach(({ text, tokens, stop }, at) =>
          put(sql.addSample, task, position, mode, first + at, text, tokens, stop),
        ),
      );
    },
    addSeconds(task, mode, seconds) {
      write(() => put(mode === 'greedy' ? sql.addGreedySeconds : sql.addSampledSeconds, seconds, task));
    },
    seconds(task) {
      const [row] = rows<Record<Mode, number>>(sql.seconds, task);
      return row === undefined ? { greedy: 0, sampled: 0 } : { ...row };
    },
    ungraded: (task) => rows<{ position: number }>(sql.ungraded, task).map(({ position }) => position),
    reopenStopped(task) {
      write(() => put(sql.reopenStopped, task));
    },
    samples: (task, from, to) => rows<SampleRow>(sql.samples, task, from, to).map(toSample),
    putGrades(task, grades, majorities) {
      write(() => {
        for (const { position, mode, n, extracted, verdict, reason } of grades) {
          put(sql.grade, extracted, verdict, reason, task, position, mode, n);
        }
        for (const { position, samples, label, agreement, unanswered, verdict } of majorities) {
          put(sql.majority, task, position, samples, label, agreement, unanswered, verdict);
        }
      });
    },
    putJudgements(task, judgements) {
      write(() => {
        for (const { position, mode, n, judge, verdict, reply } of judgements) {
          put(sql.judgement, task, position, mode, n, judge, verdict, reply);
        }
      });
    },
    scores: (task, asked) => rows<SampleScore>(sql.scores, task, asked),
    majorities: (task, asked) => rows<Majority>(sql.majorities, task, asked),
    dropJudgements(task, keys) {
      write(() => {
        for (const { position, mode, n } of keys) put(sql.dropJudgement, task, position, mode, n);
      });
    },
    close() {
      try {
        disconnect(database);
      } finally {
        custody?.release();
      }
    },
  };
}

function prepare(database: Database) {
  return {
    created: database.prepare('SELECT created_at FROM evaluation'),
    notes: database.prepare('SELECT note FROM notes ORDER BY rowid'),
    addNote: database.prepare('INSERT OR IGNORE INTO notes VALUES (?)'),
    judges: database.prepare('SELECT DISTINCT judge FROM judgements ORDER BY judge'),
    tasks: database.prepare('SELECT json FROM tasks ORDER BY rowid'),
    putTask: database.prepare(
      'INSERT INTO tasks (name, json) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET json = excluded.json',
    ),
    discard: [
      'DELETE FROM judgements WHERE task = ?',
      'DELETE FROM majorities WHERE task = ?',
      'DELETE FROM samples WHERE task = ?',
      'UPDATE tasks SET seconds_greedy = 0, seconds_sampled = 0 WHERE name = ?',
    ].map((statement) => database.prepare(statement)),
    items: database.prepare('SELECT * FROM items WHERE task = ? AND position >= ? AND position < ? ORDER BY position'),
    categories: database.prepare(
      'SELECT position, category FROM items WHERE task = ? AND position < ? AND category IS NOT NULL ORDER BY position',
    ),
    counts: database.prepare(
      'SELECT position, count(*) AS count FROM samples WHERE task = ? AND mode = ? AND position < ? GROUP BY position',
    ),
    addSample: database.prepare(
      'INSERT INTO samples (task, position, mode, n, completion, tokens, stop) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    addGreedySeconds: database.prepare('UPDATE tasks SET seconds_greedy = seconds_greedy + ? WHERE name = ?'),
    addSampledSeconds: database.prepare('UPDATE tasks SET seconds_sampled = seconds_sampled + ? WHERE name = ?'),
    seconds: database.prepare('SELECT seconds_greedy AS greedy, seconds_sampled AS sampled FROM tasks WHERE name = ?'),
    ungraded: database.prepare(
      'SELECT DISTINCT position FROM samples WHERE task = ? AND verdict IS NULL ORDER BY position',
    ),
    reopenStopped: database.prepare(
      "UPDATE samples SET verdict = NULL, reason = NULL WHERE task = ? AND reason IN ('timeout', 'worker-died')",
    ),
    samples: database.prepare(
      `SELECT s.*, j.judge, j.verdict AS judged, j.reply FROM samples s
       LEFT JOIN judgements j USING (task, position, mode, n)
       WHERE s.task = ? AND s.position >= ? AND s.position < ? ORDER BY s.position, s.mode, s.n`,
    ),
    grade: database.prepare(
      'UPDATE samples SET extracted = ?, verdict = ?, reason = ? WHERE task = ? AND position = ? AND mode = ? AND n = ?',
    ),
    majority: database.prepare('INSERT OR REPLACE INTO majorities VALUES (?, ?, ?, ?, ?, ?, ?)'),
    majorities: database.prepare('SELECT * FROM majorities WHERE task = ? AND position < ? ORDER BY position'),
    judgement: database.prepare('INSERT OR REPLACE INTO judgements VALUES (?, ?, ?, ?, ?, ?, ?)'),
    scores: database.prepare(
      `SELECT s.position, s.mode, s.n, s.tokens, s.stop, s.verdict, j.verdict AS judged FROM samples s
       LEFT JOIN judgements j USING (task, position, mode, n)
       WHERE s.task = ? AND s.position < ? ORDER BY s.position, s.mode, s.n`,
    ),
    dropJudgement: database.prepare('DELETE FROM judgements WHERE task = ? AND position = ? AND mode = ? AND n = ?'),
  };
}

function toRow({ position, id, question, choices, reference, category, prompt }: LoggedItem): PlacedItem {
  return {
    position,
    id,
    question,
    choices: choices === null ? null : JSON.stringify(choices),
    reference: JSON.stringify(reference),
    category,
    prompt: JSON.stringify(prompt),
  };
}

function toItem({ position, id, question, choices, reference, category, prompt }: PlacedItem): LoggedItem {
  return {
    position,
    id,
    question,
    choices: choices === null ? null : JSON.parse(choices),
    reference: JSON.parse(reference),
    category,
    prompt: JSON.parse(prompt),
  };
}

type SampleRow = Omit<LoggedSample, 'judgement'> & {
  judge: string | null;
  judged: Judgement['verdict'] | null;
  reply: string | null;
};

function toSample({ judge, judged, reply, ...row }: SampleRow): LoggedSample {
  const { position, mode, n, completion, tokens, stop, extracted, verdict, reason } = row;
  const judgement = judge === null || judged === null || reply === null ? null : { judge, verdict: judged, reply };
  return { position, mode, n, completion, tokens, stop, extracted, verdict, reason, judgement };
}
