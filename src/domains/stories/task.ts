/**
 * The tasks of the domain `stories`: `Write a question about Sam's stones that uses 42 15 50 34.` with the hint `Use finds,
 * gives.`, over the words of the arithmetic domain, so that a base of its size can write them.
 */

import type { Random } from '../../random.ts';
import { GAINS, LOSSES, PEOPLE, THINGS } from '../arithmetic/words.ts';

/** A task, parsed. */
export interface StoryTask {
  name: string;
  things: string;
  /** Numbers that the story must use, in the order of the task. */
  numbers: readonly number[];
}

/** Limits of the numbers of a task. */
const NUMBERS = { fewest: 2, most: 6, low: 2, high: 60 };

/** All verbs of events. */
export const VERBS: readonly string[] = [...GAINS, ...LOSSES].map(({ verb }) => verb);

const NAMES = PEOPLE.map(({ name }) => name).join('|');
const TASK = new RegExp(
  `^Write a question about (${NAMES})'s (${THINGS.join('|')}) that uses (\\d{1,3}(?: \\d{1,3}){1,5})\\.$`,
);
const HINT = new RegExp(`^Use (?:${VERBS.join('|')})(?:, (?:${VERBS.join('|')})){0,5}\\.$`);

/** Words a task. */
export function taskText({ name, things, numbers }: StoryTask): string {
  return `Write a question about ${name}'s ${things} that uses ${numbers.join(' ')}.`;
}

/** Words a hint. */
export function hintText(verbs: readonly string[]): string {
  return `Use ${verbs.join(', ')}.`;
}

/** Parses a task; null if the text is none. */
export function parseTask(text: string): StoryTask | null {
  const match = TASK.exec(text);
  if (match === null) return null;
  const [, name, things, numbers] = match;
  return { name, things, numbers: numbers.split(' ').map(Number) };
}

/** Returns whether a text is a hint of this domain. */
export function isHint(text: string): boolean {
  return HINT.test(text);
}

/** Draws a task. */
export function randomTask(random: Random): StoryTask {
  const { name } = random.pick(PEOPLE);
  const things = random.pick(THINGS);
  const count = random.integer(NUMBERS.fewest, NUMBERS.most);
  const numbers = Array.from({ length: count }, () => random.integer(NUMBERS.low, NUMBERS.high));
  return { name, things, numbers };
}
