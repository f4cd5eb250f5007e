/**
 * Documents for pre-training a base model on the domain `stories`: Challenger turns with a task and a hint, and Solver
 * turns with a story. Stories have flaws by chance, so that responses of the base differ in hidden quality; those after a
 * hint have fewer. No document uses a held-out task.
 */

import { z } from 'zod';
import type { Random } from '../../random.ts';
import { GAINS, LOSSES, PEOPLE, THINGS, type Action } from '../arithmetic/words.ts';
import { withHint } from '../parse-task.ts';
import { isHeldOutTask } from './held-out.ts';
import { hintText, randomTask, type StoryTask, taskText } from './task.ts';

/** User message to the Challenger. */
export const CHALLENGER_PROMPT = 'Pose a task.';

/** Flaws of a story, named by the criterion that each of them fails. */
export const FLAWS = [
  'opening',
  'numbers',
  'no-others',
  'grammar',
  'pronoun',
  'question',
  'possible',
  'varied',
] as const;
export type Flaw = (typeof FLAWS)[number];

const share = z.number().min(0).max(1);

/** Every parameter of the corpus. All shares are in 0..1. */
export const storyRecipeSchema = z.strictObject({
  /** Share of documents in which the Challenger poses a task. */
  challenger: share.default(0.25),
  /** Among the Solver's documents, the share with a hint. */
  hinted: share.default(0.3),
  /** Probability of each flaw. */
  flaw: share.default(0.25),
  /** Probability of each flaw after a hint. */
  hintedFlaw: share.default(0.1),
});

export type StoryRecipe = z.output<typeof storyRecipeSchema>;

/** One document of the corpus. */
export interface StoryDocument {
  user: string;
  assistant: string;
  task: StoryTask;
  /** Flaws of the story; empty for a Challenger's document. */
  flaws: readonly Flaw[];
}

/** Generates one document. */
export function storyDocument(random: Random, recipe: StoryRecipe): StoryDocument {
  const task = freeTask(random);
  const text = taskText(task);
  const isPosed = random.chance(recipe.challenger);
  const isHinted = isPosed || random.chance(recipe.hinted);
  const flaws = FLAWS.filter(() => random.chance(isHinted ? recipe.hintedFlaw : recipe.flaw));
  const { story, verbs } = writeStory(random, task, isPosed ? [] : flaws);
  const hint = hintText(verbs);
  if (isPosed) {
    const assistant = `<question>${text}</question>\n<hint>${hint}</hint>`;
    return { user: CHALLENGER_PROMPT, assistant, task, flaws: [] };
  }
  return { user: isHinted ? withHint(text, hint) : text, assistant: story, task, flaws };
}

function freeTask(random: Random): StoryTask {
  for (;;) {
    const task = randomTask(random);
    if (!isHeldOutTask(taskText(task))) return task;
  }
}

/** Writes a story for a task, with the given flaws; without any, it meets every criterion. Returns its verbs too. */
export function writeStory(
  random: Random,
  task: StoryTask,
  flaws: readonly Flaw[],
): { story: string; verbs: string[] } {
  const has = (flaw: Flaw): boolean => flaws.includes(flaw);
  const others = PEOPLE.filter(({ name }) => name !== task.name);
  const pronoun = PEOPLE.find(({ name }) => name === task.name)?.pronoun ?? 'He';
  const [start, ...rest] = orderedNumbers(random, task, flaws);
  const actions = actionsFor(random, start, rest, flaws);
  const events = actions.map((action, at) => {
    const said = has('pronoun') && at === 0 ? (pronoun === 'He' ? 'She' : 'He') : pronoun;
    return `${said} ${action.verb} ${rest[at]}${ending(random, action, others)}.`;
  });
  const other = random.pick(THINGS.filter((things) => things !== task.things));
  const story = [
    `${task.name} has ${start} ${has('opening') ? other : task.things}.`,
    ...events,
    ...(has('grammar') ? [`${pronoun} is in the park.`] : []),
    has('question') ? `How many ${other} are there?` : `How many ${task.things} does ${task.name} have?`,
  ].join(' ');
  return { story, verbs: actions.map(({ verb }) => verb) };
}

/** Returns the numbers of the story: the largest first, so that there is something to give away. */
function orderedNumbers(random: Random, { numbers }: StoryTask, flaws: readonly Flaw[]): number[] {
  const [largest, ...rest] = random.shuffle(numbers).toSorted((a, b) => b - a);
  const used = random.shuffle(rest);
  if (flaws.includes('numbers')) used[used.length - 1] = largest + 1;
  if (flaws.includes('no-others')) used.push(largest + 2);
  // The first event takes more than there is.
  if (flaws.includes('possible')) used[0] = largest + 3;
  return [largest, ...used];
}

/** Chooses what happens: nothing below zero, and no verb twice, unless a flaw asks for it. */
function actionsFor(random: Random, start: number, rest: readonly number[], flaws: readonly Flaw[]): Action[] {
  let total = start;
  const chosen: Action[] = [];
  for (const [at, number] of rest.entries()) {
    const isImpossible = at === 0 && flaws.includes('possible');
    const canLose = isImpossible || number <= total;
    const unused = (actions: readonly Action[]): Action[] => actions.filter((action) => !chosen.includes(action));
    const losses = canLose ? unused(LOSSES) : [];
    const gains = isImpossible ? [] : unused(GAINS);
    const isLoss = losses.length > 0 && (gains.length === 0 || random.chance(0.5));
    const action = random.pick(isLoss ? losses : gains.length > 0 ? gains : GAINS);
    chosen.push(flaws.includes('varied') && at > 0 ? chosen[0] : action);
    total += LOSSES.includes(chosen[at]) ? -number : number;
  }
  return chosen;
}

function ending(random: Random, { tail }: Action, others: typeof PEOPLE): string {
  if (tail === '') return '';
  return tail === 'more' ? ' more' : ` ${tail} ${random.pick(others).name}`;
}
