// @ts-check
/**
 * The held-out test: questions of the arithmetic domain with one or two operations, worded in plain English. The
 * texts come from that domain, not from `templates.mjs`.
 */

import { arithmetic } from 'rzero/domains';

const PLAIN = /^(?:Compute|What is) ([-\d +*]+)[.?]$/;
/** Questions of the arithmetic test that are looked through: all of them. */
const ALL = 1200;
const MOST_OPERATIONS = 2;

/** @typedef {{ id: string, text: string, answer: string }} HeldOut */

/**
 * Writes a sum in words: `Compute 3 + 4 * 2.` becomes `What is 3 plus 4 times 2?`. A story stays as it is.
 * @param {string} text
 * @returns {string}
 */
export function inWords(text) {
  const sum = PLAIN.exec(text)?.[1];
  if (sum === undefined) return text;
  return `What is ${sum.replaceAll(' + ', ' plus ').replaceAll(' - ', ' minus ').replaceAll(' * ', ' times ')}?`;
}

/** @type {HeldOut[] | null} */
let made = null;

/** @returns {HeldOut[]} */
function all() {
  made ??= arithmetic.heldOut
    .questions(ALL)
    .filter(
      ({ text, answer }) => (arithmetic.difficulty.of(text) ?? Infinity) <= MOST_OPERATIONS && Number(answer) >= 0,
    )
    .map(({ id, text, answer }) => ({ id, text: inWords(text), answer }));
  return made;
}

/** @param {string} text */
const key = (text) => text.trim().replace(/\s+/g, ' ').toLowerCase();

/** @type {Set<string> | null} */
let keys = null;

export const heldOut = {
  /** @param {number} count */
  questions: (count) => all().slice(0, count),
  /** @param {string} question */
  includes: (question) => {
    keys ??= new Set(all().map(({ text }) => key(text)));
    return keys.has(key(question));
  },
};
