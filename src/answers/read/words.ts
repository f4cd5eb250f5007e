/**
 * Normalizes words in answers: lead-ins, number words and multipliers. Textual only; used by `normalize.ts`.
 * Case is in `letter-case.ts`, words that stand for sets are in `wording.ts`.
 */

import { foldNumberWords } from './number-words.ts';

const CHOICE_WORD = /^(?:option|choice|answer) ?\(?([A-J])\)?\.?$/i;
const PERCENT = /(?<=[\d}]) ?(?:percent(?:age)?|per cent|pct\.?)(?![A-Za-z]| ?points?)/i;
const ABOUT = /^(?:approximately|approx\.?|about|around|roughly) (?=[\d\\$.-])/i;
const DOZEN = /^(a|\d{1,6}) dozens?(?= |$)/i;

/** The half of the day after a time. */
const CLOCK = /(?<=\d) ?([ap])(?:\.m\.|\.m|m)(?![A-Za-z])/gi;

/** Writes `5` for "five", `%` for "percent", `\approx` for "about" and 3000000 for "3 million". */
export function foldWords(written: string): string {
  const text = written.replace(CLOCK, (_, half: string) => ` ${half.toLowerCase()}m`);
  if (!/[A-Za-z]{3}/.test(text)) return text;
  let s = text.replace(PERCENT, '%').replace(ABOUT, '\\approx ');
  s = s.replace(CHOICE_WORD, (_, letter: string) => letter.toUpperCase());
  s = foldNumberWords(s).replace(PERCENT, '%');
  s = s.replace(DOZEN, (_, count: string) => String(12 * Number(count === 'a' || count === 'A' ? 1 : count)));
  return foldMultiplier(s);
}

/** Expands 3 million, 1.5 million: only after a plain number, and only if nothing but a unit follows. */
function foldMultiplier(text: string): string {
  const found = /^(-?\d{1,12})(?:\.(\d{1,9}))? ?(hundred|thousand|million|billion|trillion)(?= |$)/i.exec(text);
  if (found === null) return text;
  const zeros = { hundred: 2, thousand: 3, million: 6, billion: 9, trillion: 12 }[found[3].toLowerCase()] ?? 0;
  const fraction = found[2] ?? '';
  const padded = fraction.padEnd(zeros, '0');
  const point = padded.length > zeros ? `.${padded.slice(zeros)}` : '';
  return `${found[1]}${padded.slice(0, zeros)}${point}${text.slice(found[0].length)}`;
}
