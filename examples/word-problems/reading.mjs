// @ts-check
/** Reads the texts of both roles strictly: what does not keep to the format is a format failure, not a guess. */

/** @import { ParsedQuestion } from 'rzero/domains' */

/** Most characters of a question. */
const LONGEST = 240;
/** Fewest numbers in a question: with one number there is nothing to compute. */
const FEWEST_NUMBERS = 2;
const ANSWER_LINE = /^Answer: \$?(\d{1,6})\.?$/;

/**
 * Reads the final answer: the last line must be `Answer: 12`.
 * @param {string} completion
 * @returns {string | null}
 */
export function readAnswer(completion) {
  const [last] = completion.trim().split('\n').slice(-1);
  const number = ANSWER_LINE.exec(last)?.[1];
  return number === undefined ? null : String(Number(number));
}

/**
 * Reads a posed question: one line that ends in its only question mark and has at least two numbers.
 * @param {string} completion
 * @returns {ParsedQuestion}
 */
export function readQuestion(completion) {
  const text = completion.trim();
  if (!text.includes('?')) return invalid('no-question');
  const isOneQuestion = text.indexOf('?') === text.length - 1 && !text.includes('\n');
  const numbers = text.match(/\d+/g) ?? [];
  if (!isOneQuestion || text.length > LONGEST || numbers.length < FEWEST_NUMBERS) return invalid('ill-formed');
  if (/<\||answer:|[\d.]+\s*=/i.test(text)) return invalid('ill-formed');
  return { text, claimed: null, invalid: null };
}

/**
 * @param {NonNullable<ParsedQuestion['invalid']>} reason
 * @returns {ParsedQuestion}
 */
function invalid(reason) {
  return { text: '', claimed: null, invalid: reason };
}
