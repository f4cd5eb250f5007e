/**
 * Loads a task's questions: from the user's data folder if the files are there, otherwise from the Hugging Face hub
 * through its cache. Rows are converted to items; malformed rows are counted with their reasons. Items are shuffled
 * with a fixed seed, so that the first n are a representative sample and the same for all users.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import type { PlacedRow } from '../data/row.ts';
import { readRows } from '../data/rows.ts';
import { EvalError } from '../errors.ts';
import { fetchFromHub, type HubOptions } from '../models/hub/hub.ts';
import { deriveSeed, Random } from '../random.ts';
import { isMalformed, type EvalItem, type HubSource, type Task } from './task.ts';

/** Rows that are not valid questions: reasons and first row numbers. */
export interface MalformedRows {
  count: number;
  /** Number of rows by reason. */
  reasons: Record<string, number>;
  /** The first rows: their 0-based number, and their place in the file (absent in older results). */
  first: { row: number; reason: string; place?: string }[];
}

export interface LoadedTask {
  task: Task;
  /** In the order of asking. */
  items: EvalItem[];
  malformed: MalformedRows;
  /** File names, or the data set with its commit. */
  from: string;
  /** Where the data is: the absolute path of its file, or the data set with its commit. */
  source: string;
  /** First 16 hexadecimal digits of the SHA-256 of all items in file order. */
  digest: string;
  /** Notes for the user about irregular data. */
  notes: string[];
}

export interface DataOptions {
  /** Folder with data files, which take precedence over the hub. */
  dataDir?: string;
  hub?: HubOptions;
}

const SHOWN_ROWS = 20;

/** Loads a task. Throws EvalError if its data is not available or contains no question. */
export async function loadTask(task: Task, options: DataOptions = {}): Promise<LoadedTask> {
  const { rows, source, from } = await readTaskRows(task, options);
  const { notes = [], ...ready }: Task & { notes?: string[] } = rows.every(isMalformed)
    ? task
    : (task.prepare?.(rows, source) ?? task);
  const items: EvalItem[] = [];
  const malformed: MalformedRows = { count: 0, reasons: {}, first: [] };
  const seen = new Set<string>();
  let repeated = 0;
  for (const [at, row] of rows.entries()) {
    const item = 'malformed' in row ? row : ready.toItem(row.columns, at);
    if (isMalformed(item)) note(malformed, { row: at, reason: item.malformed, place: row.place });
    else {
      if (seen.has(item.id)) repeated++;
      items.push(withUniqueId(item, seen));
    }
  }
  if (items.length === 0) {
    const [reason] = Object.keys(malformed.reasons);
    throw new EvalError(
      `${task.title}: ${from} contains no question${reason === undefined ? '' : ` (${malformed.count} rows; the first: ${reason})`}.`,
      'Check that it is the right file, and the names of its columns.',
    );
  }
  return {
    // A task may have been renamed, because another one has its name.
    task: { ...ready, name: task.name, title: task.title },
    items: new Random(deriveSeed('order of questions', task.name)).shuffle(items),
    malformed,
    from,
    source,
    digest: createHash('sha256').update(JSON.stringify(items)).digest('hex').slice(0, 16),
    notes: [...notes, ...repeatedNote(task, repeated), ...notesOf(task, items)],
  };
}

/** Reads the rows of a task's data, and returns their source. */
export async function readTaskRows(
  task: Task,
  options: DataOptions = {},
): Promise<{ rows: PlacedRow[]; source: string; from: string }> {
  const { files, source, from } = await locate(task, options);
  return { rows: (await Promise.all(files.map((file) => readRows(file)))).flat(), source, from };
}

/** `source` identifies the data: an absolute path, or the data set with its commit. */
interface Located {
  files: string[];
  from: string;
  source: string;
}

async function locate(task: Task, { dataDir, hub }: DataOptions): Promise<Located> {
  const found = localFileOf(task, dataDir);
  if (found !== null) return { files: [found], from: basename(found), source: resolve(found) };
  if (task.source.hub === null) {
    const [file] = candidatesOf(task, dataDir);
    if (file === undefined) {
      throw new EvalError(
        `The task ${task.name} names no data file.`,
        'Give it one: defineTask({ name, files, toItem }).',
      );
    }
    throw new EvalError(`There is no file ${file}.`, 'Check the path given to --task, evaluation.tasks or defineTask.');
  }
  if (dataDir !== undefined && !existsSync(dataDir)) {
    throw new EvalError(
      `There is no data folder ${dataDir}.`,
      'Check the path given to --data-dir, evaluation.dataDir or RZERO_DATA.',
    );
  }
  return fromHub(task, task.source.hub, hub);
}

/** Returns the data file of a task on this machine; null if there is none, so that its data comes from the hub. */
export function localFileOf(task: Task, dataDir: string | undefined): string | null {
  const candidates = candidatesOf(task, dataDir).flatMap((path) => [path, `${path}.gz`]);
  return candidates.find((path) => existsSync(path)) ?? null;
}

function candidatesOf({ source }: Task, dataDir: string | undefined): string[] {
  const folders = dataDir === undefined ? [] : [dataDir];
  return source.files.flatMap((name) =>
    isAbsolute(name) || source.hub === null ? [resolve(name)] : folders.map((folder) => join(folder, name)),
  );
}

async function fromHub(task: Task, source: HubSource, options?: HubOptions): Promise<Located> {
  const repo = { type: 'dataset', id: source.dataset, revision: source.revision } as const;
  const { commit, files } = await fetchFromHub(repo, (paths) => splitFiles(paths, source), options);
  if (files.length === 0) {
    throw new EvalError(
      `${task.title}: the data set ${source.dataset} (${commit.slice(0, 12)}) has no Parquet, JSON or CSV file of its split ${source.split}.`,
      adviceWithoutFiles(task),
    );
  }
  const from = `${source.dataset}@${commit.slice(0, 12)}`;
  return { files, from, source: from };
}

/** A task of a chosen revision has no files, because the data folder has no revisions. */
function adviceWithoutFiles({ name, source: { files } }: Task): string {
  return files.length === 0
    ? `Name another revision: ${name}@REVISION, or ${name} for the published one.`
    : `Name another revision (${name}@REVISION), or put ${files[0]} into a folder and name the folder in the environment variable RZERO_DATA.`;
}

const KINDS = ['.parquet', '.jsonl', '.json', '.csv', '.tsv', '.jsonl.gz', '.json.gz', '.csv.gz'];

/**
 * Selects the files of a split among all paths of a data set, all of one type: the files in the configuration's folder
 * with the split in their names, or all files of that folder if no name contains a split.
 */
export function splitFiles(paths: readonly string[], { config, split }: Pick<HubSource, 'config' | 'split'>): string[] {
  const data = paths.filter(
    (path) => KINDS.some((kind) => path.endsWith(kind)) && !/(?:^|\/)dataset_infos?\./.test(path),
  );
  const scoped = config === undefined ? data : data.filter((path) => path.split('/').includes(config));
  const named = scoped.filter((path) => saysSplit(path, split));
  const chosen =
    named.length > 0 ? named : scoped.some((path) => SPLITS.some((one) => saysSplit(path, one))) ? [] : scoped;
  const kind = KINDS.find((one) => chosen.some((path) => path.endsWith(one)));
  return kind === undefined ? [] : chosen.filter((path) => path.endsWith(kind)).toSorted();
}

const SPLITS = ['train', 'test', 'validation', 'dev'];

/** Matches `data/test-00000-of-00001.parquet`, `test.jsonl`, `main/test/0000.parquet`. */
function saysSplit(path: string, split: string): boolean {
  return new RegExp(`(?:^|[/_-])${split}(?=[-_./])`).test(path);
}

function note(malformed: MalformedRows, one: MalformedRows['first'][number]): void {
  malformed.count++;
  malformed.reasons[one.reason] = (malformed.reasons[one.reason] ?? 0) + 1;
  if (malformed.first.length < SHOWN_ROWS) malformed.first.push(one);
}

/** Makes ids unique, because copies of a data set may repeat an id. All its questions count. */
function withUniqueId(item: EvalItem, seen: Set<string>): EvalItem {
  let id = item.id;
  for (let copy = 2; seen.has(id); copy++) id = `${item.id}#${copy}`;
  seen.add(id);
  return id === item.id ? item : { ...item, id };
}

function repeatedNote({ title }: Task, rows: number): string[] {
  return rows === 0 ? [] : [`${title}: ${rows} of the rows repeat the id of an earlier row; all of them count.`];
}

function notesOf(task: Task, items: readonly EvalItem[]): string[] {
  const remarks = new Map<string, number>();
  for (const { remark } of items) if (remark !== undefined) remarks.set(remark, (remarks.get(remark) ?? 0) + 1);
  const expected = task.sizes.length === 0 || task.sizes.includes(items.length);
  return [
    ...(expected
      ? []
      : [`${task.title}: ${items.length} questions, where the published test has ${task.sizes.join(' or ')}.`]),
    ...[...remarks].map(([remark, count]) => `${task.title}: in ${count} of the questions ${remark}.`),
  ];
}
