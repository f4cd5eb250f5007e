// @ts-check
/**
 * Words a problem in other ways whose answer is the same: other persons, other things, another form of the final
 * question, or another order of independent facts. It changes only what it can read, and never a number.
 */

/** @import { QuestionView } from 'rzero/domains' */

import { Random } from 'rzero/engine';
import { readQuestion } from './reading.mjs';
import { NAMES, NUMERIC, THINGS } from './view-words.mjs';

/** Draws per wanted view: some draws repeat a text. */
const DRAWS = 8;
/** Chance that a view makes a change that it can make. */
const CHANCE = 0.6;

/** @typedef {(text: string, random: Random) => string} Change a change of a text; the same text if it cannot be made */

/** @type {[kind: string, change: Change][]} */
const CHANGES = [
  ['things', renameThings],
  ['names', renamePersons],
  ['order', reorderFacts],
  ['frame', reframe],
];

/**
 * Returns up to `count` views with distinct texts; none if the question cannot be read.
 * @param {string} question
 * @param {number} count
 * @param {number} seed
 * @returns {QuestionView[]}
 */
export function views(question, count, seed) {
  const text = question.trim();
  if (readQuestion(text).invalid !== null || NUMERIC.test(text)) return [];
  const random = new Random(seed);
  /** @type {Map<string, QuestionView>} */
  const found = new Map();
  for (let draw = 0; draw < count * DRAWS && found.size < count; draw++) {
    const view = drawView(text, random);
    if (view.kind !== '' && !found.has(view.text)) found.set(view.text, view);
  }
  return [...found.values()];
}

/**
 * Makes a random choice of changes; `kind` is empty if none could be made.
 * @param {string} text
 * @param {Random} random
 * @returns {QuestionView}
 */
function drawView(text, random) {
  let view = text;
  const kinds = [];
  for (const [kind, change] of CHANGES) {
    if (!random.chance(CHANCE)) continue;
    const changed = change(view, random);
    if (changed !== view) kinds.push(kind);
    view = changed;
  }
  return { kind: view === text ? '' : kinds.join('+'), text: view };
}

/** @type {Change} */
function renamePersons(text, random) {
  return replaceWords(
    text,
    renamed(
      text,
      random,
      NAMES.map((group) => group.map((name) => [name])),
    ),
  );
}

/** @type {Change} */
function renameThings(text, random) {
  return replaceWords(text, renamed(text, random, THINGS));
}

/**
 * Draws a new word for every word of the groups that the text has, from those that it does not have. Forms of a word
 * stay together.
 * @param {string} text
 * @param {Random} random
 * @param {readonly string[][][]} groups
 */
function renamed(text, random, groups) {
  /** @type {Map<string, string>} */
  const renaming = new Map();
  for (const group of groups) {
    const isThere = (/** @type {string[]} */ forms) => forms.some((form) => wordsOf([form]).test(text));
    const fresh = random.shuffle(group.filter((forms) => !isThere(forms)));
    for (const forms of group.filter(isThere)) {
      const others = fresh.pop();
      if (others !== undefined) forms.forEach((form, at) => renaming.set(form, others[at]));
    }
  }
  return renaming;
}

/**
 * Replaces whole words, all at once.
 * @param {string} text
 * @param {ReadonlyMap<string, string>} renaming
 */
function replaceWords(text, renaming) {
  if (renaming.size === 0) return text;
  return text.replace(wordsOf([...renaming.keys()]), (word) => renaming.get(word) ?? word);
}

/**
 * Returns a pattern for whole words, longer ones first: "toy cars" before "toy car".
 * @param {readonly string[]} words
 */
function wordsOf(words) {
  return new RegExp(`\\b(?:${words.toSorted((a, b) => b.length - a.length).join('|')})\\b`, 'g');
}

/** A fact that holds on its own: who has how many, what costs how much, what is where. */
const FACT =
  /^(?:[A-Z][a-z]+ has \d+ [a-z ]+|There are \d+ [a-z ]+ in the [a-z ]+|(?:One|An?|Each|Every) [a-z ]+ costs \$\d+)\.$/;
/** Words that refer to what was said before. */
const REFERENCE =
  /\b(?:more|fewer|less|times|twice|than|other|others|another|also|too|now|left|rest|he|she|it|his|her|him|its|first|second|last|then|next|both)\b/i;
const PLURAL_REFERENCE = /\b(?:they|them|their|these|those)\b/i;

/**
 * Changes the order of the facts before the first other sentence. Each must be about someone or something else, and
 * what follows must not refer to one of them by its place.
 * @type {Change}
 */
function reorderFacts(text, random) {
  const sentences = text.split(/(?<=[.?!]) +/);
  const others = sentences.findIndex((sentence) => !FACT.test(sentence) || REFERENCE.test(sentence));
  const [facts, rest] = [sentences.slice(0, others), sentences.slice(others)];
  const subjects = new Set(facts.map((fact) => fact.split(' ')[0]));
  const isTold = rest.length > 1 && rest.some((sentence) => PLURAL_REFERENCE.test(sentence));
  const refers = rest.some((sentence) => REFERENCE.test(sentence.replace(/^How many more\b|\bthan\b|\bnow\b/g, '')));
  if (facts.length < 2 || subjects.size < facts.length || isTold || refers) return text;
  return [...random.shuffle(facts), ...rest].join(' ');
}

/**
 * Forms of the final question with the same meaning: each pattern, and what may replace it.
 * @type {[RegExp, string[]][]}
 */
const FRAMES = [
  [/^How many ([a-z]+(?: [a-z]+)?) are left\?$/, ['How many $1 remain?', 'How many $1 are still there?']],
  [/ (?:in all|in total|altogether)\?$/, [' in all?', ' in total?', ' altogether?']],
  [/ have now\?$/, [' have in the end?', ' have after that?']],
  [/ get\?$/, [' receive?']],
  [/ pay\?$/, [' spend?']],
  [/^How many (?!more\b|fewer\b|times\b)([a-z]+s) (does|do|did|will|can|has|have) /, ['What number of $1 $2 ']],
]; // prettier-ignore

/**
 * Words the final question in another way.
 * @type {Change}
 */
function reframe(text, random) {
  const [, before, question] = /^(.*[.!] )?([^.!]+\?)$/.exec(text) ?? ['', '', text];
  const frames = random
    .shuffle(FRAMES)
    .flatMap(([pattern, forms]) => random.shuffle(forms).map((form) => question.replace(pattern, form)));
  const other = frames.find((form) => form !== question) ?? question;
  const asked = other.startsWith('How ') && random.chance(1 / 2) ? `So h${other.slice(1)}` : other;
  return `${before ?? ''}${asked}`;
}
