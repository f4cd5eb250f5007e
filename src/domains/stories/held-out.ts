/** The held-out tasks of the domain `stories`. A task counts as held out by its numbers, whoever the story is about. */

import { deriveSeed, Random } from '../../random.ts';
import { parseTask, randomTask, taskText } from './task.ts';

/** Number of held-out tasks. */
export const HELD_OUT_TASKS = 400;

interface HeldOut {
  texts: readonly string[];
  keys: ReadonlySet<string>;
}

let made: HeldOut | null = null;

/** Returns the first `count` held-out tasks, the same for every run; all if there are fewer. */
export function heldOutTasks(count: number): string[] {
  return all().texts.slice(0, count);
}

/** Returns whether a task has the numbers of a held-out one, in any order. */
export function isHeldOutTask(text: string): boolean {
  const task = parseTask(text);
  return task !== null && all().keys.has(keyOf(task.numbers));
}

function keyOf(numbers: readonly number[]): string {
  return numbers.toSorted((a, b) => a - b).join(' ');
}

function all(): HeldOut {
  made ??= make();
  return made;
}

function make(): HeldOut {
  const random = new Random(deriveSeed('stories', 'held-out'));
  const texts: string[] = [];
  const keys = new Set<string>();
  while (texts.length < HELD_OUT_TASKS) {
    const task = randomTask(random);
    const key = keyOf(task.numbers);
    // Pairs of numbers are few: held out, they would be missing in training.
    if (task.numbers.length < 3 || keys.has(key)) continue;
    keys.add(key);
    texts.push(taskText(task));
  }
  return { texts, keys };
}
