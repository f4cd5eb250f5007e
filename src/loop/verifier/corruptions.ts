/**
 * Corruptions of attempts, made by code that knows no answer: small changes after which an attempt that was right is
 * wrong. They teach and test the Verifier. Pure.
 */

import type { Random } from '../../random.ts';

/**
 * `answer`: a digit of the final answer is changed; `step`: a digit before it; `operator`: a plus becomes a minus, or the
 * reverse. No kind exchanges operands, because a sum stays right in another order.
 */
export const CORRUPTIONS = ['answer', 'step', 'operator'] as const;
export type Corruption = (typeof CORRUPTIONS)[number];

/** Opens the final answer. */
const BOX = '\\boxed{';

/** Returns the text with one change; null if it has nothing to change. It depends on its arguments alone. */
export function corrupt(text: string, kind: Corruption, random: Random): string | null {
  const places = placesOf(text, kind);
  if (places.length === 0) return null;
  const at = random.pick(places);
  const changed = kind === 'operator' ? otherSign(text[at]) : otherDigit(text, at, random);
  return `${text.slice(0, at)}${changed}${text.slice(at + 1)}`;
}

/** Returns the positions that a kind may change. */
function placesOf(text: string, kind: Corruption): number[] {
  const answer = answerRange(text);
  if (kind === 'answer') return digitsIn(text, answer.from, answer.to);
  if (kind === 'step') return digitsIn(text, 0, answer.from);
  // A sign with spaces around it stands between two values; a sign before a digit may belong to the number.
  return [...text.slice(0, answer.from).matchAll(/(?<= )[+\-−](?= )/g)].map(({ index }) => index);
}

/** Returns where the final answer is: inside the last box, else the last number; at the end if there is neither. */
function answerRange(text: string): { from: number; to: number } {
  const box = text.lastIndexOf(BOX);
  if (box !== -1) {
    const close = text.indexOf('}', box);
    return { from: box + BOX.length, to: close === -1 ? text.length : close };
  }
  const last = [...text.matchAll(/\d+/g)].at(-1);
  return last === undefined ? { from: text.length, to: text.length } : { from: last.index, to: text.length };
}

function digitsIn(text: string, from: number, to: number): number[] {
  return [...text.slice(from, to).matchAll(/\d/g)].map(({ index }) => from + index);
}

/** Returns another digit, and no zero at the beginning of a longer number. */
function otherDigit(text: string, at: number, random: Random): string {
  const leads = !/[\d.,]/.test(text[at - 1] ?? '') && /\d/.test(text[at + 1] ?? '');
  const digits = [...'0123456789'].filter((digit) => digit !== text[at] && !(leads && digit === '0'));
  return random.pick(digits);
}

function otherSign(sign: string): string {
  return sign === '+' ? '-' : '+';
}
