/**
 * The tasks by name, and the paper's averages over them. To add one: a file here that exports a `Task`, a line
 * in `TASKS`, and a row in docs/guide/evaluation.md.
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
 * The tasks of a list such as `gsm8k,math500`, `math`, `general`, `paper` or `all`, each once. `name@revision`
 * takes that revision of the data set. ConfigError with the names that there are.
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
      `Tasks: ${TASKS.map((one) => one.name).join(', ')}; groups: ${Object.keys(GROUPS).join(', ')}. A file of your own: --task FILE --question COLUMN --answer COLUMN.`,
    );
  }
  const { hub } = task.source;
  if (revision === undefined || hub === null) return [task];
  // A file in the data folder has no revision: this asks for the hub's.
  return [{ ...task, source: { files: [], hub: { ...hub, revision } } }];
}
