/** Custom benchmarks: a `Task` in code, a module, or a data file with named columns. */

import { extname, resolve } from 'node:path';
import { DEFAULT_COLUMNS } from '../data/columns.ts';
import { ConfigError } from '../errors.ts';
import { defaultExport, importModule, isModulePath, type LoadedModule } from '../modules.ts';
import { findTasks } from './benchmarks/index.ts';
import { type Columns, type OpenGrading, ownFileTask } from './benchmarks/own-file.ts';
import type { Grading, Task } from './task.ts';

/** Required members of a custom task; the others have defaults. */
export interface OwnTask extends Partial<Task> {
  name: string;
  /** Data files; the first that exists is read. Absolute, or relative to the working folder. */
  files?: readonly string[];
  toItem: Task['toItem'];
}

/** Completes a task. Defaults: mathematical answers, one greedy reply, no expected size, the name as title. */
export function defineTask({ files = [], ...given }: OwnTask): Task {
  return {
    title: given.name,
    group: 'other',
    grading: 'math',
    metric: { kind: 'greedy' },
    source: { files, hub: null },
    sizes: [],
    ...given,
  };
}

/** The tasks of one entry of a list, and their module. */
export interface OpenedTasks {
  tasks: readonly Task[];
  module: LoadedModule | null;
}

/** Splits `gsm8k@REVISION`, because a revision may look like a path. */
const NAME = /^[a-z0-9-]+(?:@|$)/i;

/** Returns whether an entry of a list of tasks names a file and not a benchmark. */
export function isTaskPath(entry: string): boolean {
  return !(entry.includes('@') && NAME.test(entry)) && isModulePath(entry);
}

/** Returns whether an entry names a module and not a data file. */
export function isTaskModule(entry: string): boolean {
  return isTaskPath(entry) && /^\.[cm]?[jt]s$/i.test(extname(entry));
}

/**
 * Opens the tasks of one entry of `evaluation.tasks`: a name or group of `findTasks`, the path of a data file, or the
 * path of a module whose default export is a task or a list of tasks. Throws ConfigError if there is no such task.
 */
export async function openTasks(
  entry: string,
  columns: Columns = DEFAULT_COLUMNS,
  grading: OpenGrading = 'math',
): Promise<OpenedTasks> {
  if (!isTaskPath(entry)) return { tasks: findTasks(entry), module: null };
  if (!isTaskModule(entry)) return { tasks: [ownFileTask(resolve(entry), columns, grading)], module: null };
  const what = 'task';
  const module = await importModule(entry, what);
  const exported = defaultExport(module, what);
  const list: unknown[] = Array.isArray(exported) ? exported : [exported];
  return { tasks: list.map((one) => checkTask(one, module.path)), module };
}

const GRADINGS: readonly Grading[] = ['math', 'letter', 'bbeh', 'text'];

/**
 * Checks a value that should be a task. Throws ConfigError with the invalid member; `from` is its source, for the
 * error.
 */
export function checkTask(value: unknown, from: string): Task {
  const fail = (reason: string): never => {
    throw new ConfigError(
      `The task of ${from} ${reason}.`,
      'Make it with defineTask of rzero/eval: { name, files, toItem }.',
    );
  };
  if (typeof value !== 'object' || value === null) return fail('is not an object');
  const task = value as Partial<Task>;
  if (typeof task.name !== 'string' || !/^[\w-]{1,80}$/.test(task.name)) {
    fail('has no name of 1 to 80 letters, digits, _ and -');
  }
  if (typeof task.toItem !== 'function') fail('has no toItem, which must be a function');
  if (!GRADINGS.some((grading) => grading === task.grading)) fail(`has no grading of ${GRADINGS.join(', ')}`);
  for (const member of ['title', 'group', 'metric', 'source', 'sizes'] as const) {
    if (task[member] === undefined) fail(`has no ${member}`);
  }
  return value as Task;
}
