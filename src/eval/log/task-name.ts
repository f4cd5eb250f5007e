/** Names of the tasks in one evaluation: distinct for different data, and the same for the same data again. */

import type { TaskRecord } from './log.ts';

type Described = Pick<TaskRecord, 'name' | 'from' | 'source' | 'digest'>;

/**
 * Returns the name under which a task is stored: that of the same questions or of the same source, otherwise its own
 * name, or that name with the first free number if other data has it.
 */
export function storedName(records: readonly TaskRecord[], task: Described): string {
  const family = records.filter(({ name }) => isNumbered(name, task.name));
  const same =
    family.find(({ digest }) => digest === task.digest) ?? family.find((record) => isSameSource(record, task));
  if (same !== undefined) return same.name;
  const taken = new Set(family.map(({ name }) => name));
  if (!taken.has(task.name)) return task.name;
  for (let number = 2; ; number++) if (!taken.has(`${task.name}-${number}`)) return `${task.name}-${number}`;
}

function isNumbered(name: string, base: string): boolean {
  return name === base || (name.startsWith(`${base}-`) && /^\d+$/.test(name.slice(base.length + 1)));
}

/** Commits of one data set on the hub are the same source. Older evaluations stored only the file's name. */
function isSameSource(before: Described, now: Described): boolean {
  if (before.source === undefined || now.source === undefined)
    return withoutCommit(before.from) === withoutCommit(now.from);
  return withoutCommit(before.source) === withoutCommit(now.source);
}

function withoutCommit(source: string): string {
  return source.replace(/@[0-9a-f]{12}$/, '');
}
