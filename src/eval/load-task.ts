/**
 * Loads a task's questions: from the user's data folder if the files are there, otherwise from the Hugging Face hub
 * through its cache. Rows are converted to items; malformed rows are counted with their reasons. Items are shuffled
 * with a fixed seed, so that the first n are a representative sample and the same for all users.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { type PlacedRow, readRows } from '../data/rows.ts';
import { EvalError } from '../errors.ts';
import { fetchFromHub, type HubOptions } from '../models/hub/hub.ts';
import { deriveSeed, Random } from '../random.ts';
import { isMalformed, type EvalItem, type HubSource, type Task } from './task.ts';

/** Rows that are not valid questions: reasons and first row numbers. */
export interface MalformedRows {
  count: number;
  /** Number of rows by reason. */
  reasons: Record<string, number>;
  /** 0-based numbers of the first rows. */
  first: { row: number; reason: string }[];
}

export interface LoadedTask {
  task: Task;
  /** In the order of asking. */
  items: EvalItem[];
  malformed: MalformedRows;
  /** File names, or the data set with its commit. */
  from: string;
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
  const { rows, from } = await readTaskRows(task, options);
  const items: EvalItem[] = [];
  const malformed: MalformedRows = { count: 0, reasons: {}, first: [] };
  const seen = new Set<string>();
  for (const [at, row] of rows.entries()) {
    const item = 'malformed' in row ? row : task.toItem(row.columns, at);
    if (isMalformed(item)) note(malformed, at, item.malformed);
    else items.push(withUniqueId(item, seen));
  }
  if (items.length === 0) {
    const [reason] = Object.keys(malformed.reasons);
    throw new EvalError(
      `${task.title}: ${from} contains no question${reason === undefined ? '' : ` (${malformed.count} rows; the first: ${reason})`}.`,
      'Check that it is the right file, and the names of its columns.',
    );
  }
  return {
    task,
    items: new Random(deriveSeed('order of questions', task.name)).shuffle(items),
    malformed,
    from,
    digest: createHash('sha256').update(JSON.stringify(items)).digest('hex').slice(0, 16),
    notes: notesOf(task, items),
  };
}

/** Reads the rows of a task's data, and returns their source. */
export async function readTaskRows(
  task: Task,
  options: DataOptions = {},
): Promise<{ rows: PlacedRow[]; from: string }> {
  const { files, from } = await locate(task, options);
  return { rows: (await Promise.all(files.map((file) => readRows(file)))).flat(), from };
}

async function locate(task: Task, { dataDir, hub }: DataOptions): Promise<{ files: string[]; from: string }> {
  const found = localFileOf(task, dataDir);
  if (found !== null) return { files: [found], from: basename(found) };
  if (task.source.hub === null) {
    throw new EvalError(`There is no file ${candidatesOf(task, dataDir)[0]}.`, 'Check the path given to --task.');
  }
  if (dataDir !== undefined && !existsSync(dataDir)) {
    throw new EvalError(`There is no data folder ${dataDir}.`, 'Check the path given to --data-dir.');
  }
  return fromHub(task, task.source.hub, hub);
}

/** Returns the data file of a task on this machine; null if there is none, so that its data comes from the hub. */
export function localFileOf(task: Task, dataDir: string | undefined): string | null {
  return candidatesOf(task, dataDir).find((path) => existsSync(path)) ?? null;
}

function candidatesOf({ source }: Task, dataDir: string | undefined): string[] {
  const folders = dataDir === undefined ? [] : [dataDir];
  return source.files.flatMap((name) =>
    isAbsolute(name) || source.hub === null ? [resolve(name)] : folders.map((folder) => join(folder, name)),
  );
}

async function fromHub(
  task: Task,
  source: HubSource,
  options?: HubOptions,
): Promise<{ files: string[]; from: string }> {
  const repo = { type: 'dataset', id: source.dataset, revision: source.revision } as const;
  const { commit, files } = await fetchFromHub(repo, (paths) => splitFiles(paths, source), options);
  if (files.length === 0) {
    throw new EvalError(
      `${task.title}: the data set ${source.dataset} (${commit.slice(0, 12)}) has no Parquet, JSON or CSV file of its split ${source.split}.`,
      `Name another revision (--tasks ${task.name}@REVISION), or put ${task.source.files[0] ?? `${task.name}.jsonl`} into a folder and pass it with --data-dir.`,
    );
  }
  return { files, from: `${source.dataset}@${commit.slice(0, 12)}` };
}

const KINDS = ['.parquet', '.jsonl', '.json', '.csv'];

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

function note(malformed: MalformedRows, row: number, reason: string): void {
  malformed.count++;
  malformed.reasons[reason] = (malformed.reasons[reason] ?? 0) + 1;
  if (malformed.first.length < SHOWN_ROWS) malformed.first.push({ row, reason });
}

/** Makes ids unique, because copies of a data set may repeat an id. All its questions count. */
function withUniqueId(item: EvalItem, seen: Set<string>): EvalItem {
  let id = item.id;
  for (let copy = 2; seen.has(id); copy++) id = `${item.id}#${copy}`;
  seen.add(id);
  return id === item.id ? item : { ...item, id };
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
