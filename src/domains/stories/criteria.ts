/**
 * The hidden criteria of a story: what a good response to a task of this domain does. Audits alone see them. Each is a
 * number in 0..1 that code computes from task and response.
 */

import { MAX_QUESTION_CHARACTERS, parseArithmetic } from '../arithmetic/parse.ts';
import { PEOPLE } from '../arithmetic/words.ts';
import { type StoryTask, VERBS } from './task.ts';

/**
 * `opening`: the first sentence gives the person some of the things. `numbers`: share of the task's numbers that occur.
 * `no-others`: share of the numbers in the text that the task names. `grammar`: the whole text is a story of the
 * arithmetic grammar. `pronoun`: share of the events with the person's pronoun. `question`: the last sentence asks for the
 * person's things. `possible`: the person never gives away more than there is. `varied`: different verbs / events.
 */
export const CRITERIA = [
  'opening',
  'numbers',
  'no-others',
  'grammar',
  'pronoun',
  'question',
  'possible',
  'varied',
] as const;

/** Returns one number in 0..1 per criterion, in the order of `CRITERIA`. A text that is too long meets none. */
export function storyQuality(task: StoryTask, response: string): number[] {
  const text = response.trim();
  if (text.length > MAX_QUESTION_CHARACTERS) return CRITERIA.map(() => 0);
  const sentences = text.split(/(?<=[.?])\s+/);
  const events = sentences.slice(1, -1);
  const used = numbersIn(text);
  const found = sharedCount(task.numbers, used);
  const story = parseArithmetic(text);
  const isStory = story !== null && story.form === 'story';
  return [
    openingOf(task, sentences[0]),
    found / task.numbers.length,
    used.length === 0 ? 0 : found / used.length,
    isStory ? 1 : 0,
    shareOf(events, (event) => event.startsWith(`${pronounOf(task)} `)),
    questionOf(task, sentences.length > 1 ? sentences[sentences.length - 1] : ''),
    isStory && neverBelowZero(story.sum) ? 1 : 0,
    distinctVerbs(events),
  ];
}

function pronounOf({ name }: StoryTask): string {
  return PEOPLE.find((person) => person.name === name)?.pronoun ?? '';
}

/** One half for the person alone. */
function openingOf({ name, things }: StoryTask, sentence: string): number {
  if (!sentence.startsWith(`${name} has `)) return 0;
  return sentence.endsWith(` ${things}.`) ? 1 : 0.5;
}

/** One half for a question about something else. */
function questionOf({ name, things }: StoryTask, sentence: string): number {
  if (sentence === `How many ${things} does ${name} have?`) return 1;
  return /^How many .*\?$/.test(sentence) ? 0.5 : 0;
}

function numbersIn(text: string): number[] {
  return Array.from(text.matchAll(/\d{1,6}/g), ([digits]) => Number(digits));
}

/** Returns how many of `wanted` occur in `given`, each as often as it is wanted. */
function sharedCount(wanted: readonly number[], given: readonly number[]): number {
  const left = [...given];
  return wanted.filter((number) => {
    const at = left.indexOf(number);
    if (at !== -1) left.splice(at, 1);
    return at !== -1;
  }).length;
}

function shareOf(events: readonly string[], holds: (event: string) => boolean): number {
  return events.length === 0 ? 0 : events.filter(holds).length / events.length;
}

function neverBelowZero(sum: readonly { sign: 1 | -1; factors: readonly number[] }[]): boolean {
  let total = 0;
  return sum.every(({ sign, factors }) => (total += sign * factors.reduce((product, one) => product * one, 1)) >= 0);
}

function distinctVerbs(events: readonly string[]): number {
  const verbs = events.flatMap((event) => event.split(/[ .]/).find((word) => VERBS.includes(word)) ?? []);
  return events.length === 0 ? 0 : new Set(verbs).size / events.length;
}
