/**
 * The tasks by name, and groups of them. To add one: add a file in this folder that exports a `Task`, a line
 * in `TASKS`, and a row in docs/guide/evaluation.md. The averages are computed in `../summarize.ts`.
 */

import { ConfigError } from '../../errors.ts';
import type { Task } from '../task.ts';
import { bbeh } from './bbeh.ts';
import { aime24, aime25, amc23 } from './contests.ts';
import { gsm8k } from './gsm8k.ts';
import { math500 } from './math500.ts';
import { minerva } from './minerva.ts';
import { mmluPro } from './mmlu-pro.ts';
import { olympiad } from './olympiad.ts';
import { superGpqa } from './supergpqa.ts';
import { svamp } from './svamp.ts';

/** In the order of the paper's tables. */
export const TASKS: readonly Task[] = [
  amc23,
  minerva,
  math500,
  gsm8k,
  olympiad,
  aime25,
  aime24,
  superGpqa,
  mmluPro,
  bbeh,
  svamp,
];

const GROUPS: Record<string, (task: Task) => boolean> = {
  all: () => true,
  paper: (task) => task.group !== 'other',
  math: (task) => task.group === 'math',
  general: (task) => task.group === 'general',
};

/**
 * Returns the tasks of a list such as `gsm8k,math500`, `math`, `general`, `paper` or `all`, each once.
 * `name@revision` selects a revision of the data set. Throws ConfigError with the available names.
 */
export function findTasks(list: string | readonly string[]): Task[] {
  const names = (typeof list === 'string' ? list.split(',') : [...list]).map((name) => name.trim());
  const found = names.flatMap((name) => tasksOf(name));
  return [...new Map(found.map((task) => [task.name, task])).values()];
}

function tasksOf(given: string): Task[] {
  const [name, revision] = given.split('@', 2);
  if (revision === undefined && Object.hasOwn(GROUPS, name)) return TASKS.filter(GROUPS[name]);
  const task = TASKS.find((candidate) => candidate.name === name);
  if (task === undefined) {
    throw new ConfigError(
      `There is no task "${given.slice(0, 80)}".`,
      `Tasks: ${TASKS.map((one) => one.name).join(', ')}; groups: ${Object.keys(GROUPS).join(', ')}. For your own file: --task FILE --question COLUMN --answer COLUMN, or its path in evaluation.tasks.`,
    );
  }
  const { hub } = task.source;
  if (revision === undefined || hub === null) return [task];
  // A file in the data folder has no revision, so the hub's data set is used.
  return [{ ...task, source: { files: [], hub: { ...hub, revision } } }];
}
