/**
 * Words a sum as a question: plain (`Compute 25 + 28 + 5 * 2.`) or as a short story, in which the first term
 * is the initial amount and every other term is an event. Stories contain non-negative integers and at most
 * two factors per term (`3 boxes of 4`). The inverse is `parse.ts`.
 */

import type { Random } from '../../random.ts';
import { expressionText, type Sum, type Term } from './expression.ts';
import { CONTAINERS, CROWDS, GAINS, LOSSES, PEOPLE, PLACES, PLAIN_FORMS, THINGS } from './words.ts';

/** Words a plain question: `Compute …` three times out of four, otherwise `What is …`. */
export function plainText(random: Random, sum: Sum): string {
  const form = PLAIN_FORMS[random.chance(0.75) ? 0 : 1];
  return `${form.opening} ${expressionText(sum)}${form.end}`;
}

/** Words a story of one of two families: a person's possessions, or the crowd in a place. */
export function storyText(random: Random, sum: Sum): string {
  return random.chance(0.75) ? ownerStory(random, sum) : placeStory(random, sum);
}

function ownerStory(random: Random, [start, ...events]: Sum): string {
  const { name, pronoun } = random.pick(PEOPLE);
  const things = random.pick(THINGS);
  const container = random.pick(CONTAINERS);
  const others = PEOPLE.filter((person) => person.name !== name);
  const sentences = events.map((event) => {
    const { verb, tail } = random.pick(event.sign === 1 ? GAINS : LOSSES);
    const ending = tail === '' ? '' : tail === 'more' ? ' more' : ` ${tail} ${random.pick(others).name}`;
    return `${pronoun} ${verb} ${quantity(event, container)}${ending}.`;
  });
  return [
    `${name} has ${quantity(start, container)} ${things}.`,
    ...sentences,
    `How many ${things} does ${name} have?`,
  ].join(' ');
}

function placeStory(random: Random, [start, ...events]: Sum): string {
  const crowd = random.pick(CROWDS);
  const place = random.pick(PLACES);
  const sentences = events.map((event) => `${quantity(event, 'groups')} ${event.sign === 1 ? 'more come' : 'leave'}.`);
  return [
    `There are ${quantity(start, 'groups')} ${crowd} in the ${place}.`,
    ...sentences,
    `How many ${crowd} are in the ${place}?`,
  ].join(' ');
}

function quantity(term: Term, container: string): string {
  const [count, each] = term.factors;
  return each === undefined ? String(count) : `${count} ${container} of ${each}`;
}
