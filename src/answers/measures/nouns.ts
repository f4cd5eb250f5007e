/**
 * Splits what follows a number into a unit and a noun: `18 eggs`, `0.4 gallons of paint`, `18个`.
 *
 * A noun says what is counted and is left out as often as a unit. Words that change the value (`3 dozen`, `4 squared`),
 * its direction (`5 m north`) or its time (`5 pm`) are no nouns: such a text stays undivided. Used by `parse.ts`.
 */
import { isAmbiguousUnit, isProduct, parseUnit, type Unit } from './units.ts';

export interface Measured {
  /** The text before the unit and the noun. */
  amount: string;
  unit: Unit | null;
  /** In lower case and singular, without articles; null if there is none. */
  noun: string | null;
}

/** Words that change what the number before them means. */
const NOT_NOUNS = new Set(
  `hundred hundreds thousand thousands million millions billion billions trillion trillions dozen dozens score gross
  couple half halves third thirds quarter quarters fourth fourths fifth fifths sixth sixths seventh sevenths
  eighth eighths ninth ninths tenth tenths hundredth hundredths thousandth thousandths millionth millionths
  squared cubed square cube root power factorial choose mod modulo modulus base remainder
  plus minus over under divided multiplied double twice thrice percent percentage pct percentile ratio
  odds and or nor not no none except but than more less fewer greater larger smaller bigger least most exactly about
  approximately roughly nearly almost around between above below negative positive if when where while unless for iff
  is are was were has have had be equals equal equivalent becomes gives
  north south east west northeast northwest southeast southwest up down left right forward backward clockwise
  counterclockwise anticlockwise inward outward ago before after later earlier early late noon midnight morning evening
  night afternoon
  sin cos tan cot sec csc log exp lim max min gcd lcm det deg arg inf sup sqrt alpha beta gamma delta theta lambda
  sigma omega phi psi rho tau
  one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy eighty ninety`.split(
    /\s+/,
  ),
);

/** Nouns of three letters. Other words of three letters may be products (`6 abc`). */
const SHORT_NOUNS = new Set(
  `men boy dog cat cow pig hen egg pie pen box bag can jar cup bus car van day way toy hat cap map key nut bee ant bat
  owl fox ape kid guy bed row set sum card bar bit bow dot end fan fig gum gem gas hit ice ink jug log lot mat mug net
  oil pan peg pet pin pit pod pot rat ray rod rug run saw seg sheep sip sock son sum tea tie tin tip top tub
  wax web win yak zoo leg arm eye ear toe tax bid bus ham jam bun`.split(/\s+/),
);

const SMALL_WORDS = new Set(
  'a an the of in on at to per by from with his her its their each all total such these those that this'.split(' '),
);

const IRREGULAR = new Map([
  ['people', 'person'],
  ['children', 'child'],
  ['men', 'man'],
  ['women', 'woman'],
  ['mice', 'mouse'],
  ['geese', 'goose'],
  ['feet', 'foot'],
  ['teeth', 'tooth'],
  ['vertices', 'vertex'],
  ['indices', 'index'],
  ['matrices', 'matrix'],
]);

const WORDS = /^[A-Za-z][a-z]*(?:[ -][A-Za-z]?[a-z]+){0,11}$/;
/** Chinese measure words and nouns, without the characters of number words (千, 半, 倍, …). */
const HAN =
  /^(?![^\p{Script=Han}])[^\P{Script=Han}零一二三四五六七八九十百千万亿兆半倍分折成打双对第负约次方根]{1,8}$/u;
const ORDINAL = /^(?:st|nd|rd|th)(?![a-z])/;
const AFTER_AMOUNT = /(?<=[\d})%]) ?(?=[A-Za-z\p{Script=Han}µΩÅ¢€£¥₹])| (?=[A-Za-zµΩÅ])/gu;
const AMOUNT = /(?:\d[)}]*|%|\\pi)$/;
const MAX_TRIES = 16;

/** Splits off the longest unit and noun at the end that have an amount before them. */
export function splitMeasure(text: string): Measured {
  const undivided = { amount: text, unit: null, noun: null };
  if (!/[A-Za-z]|[^\p{ASCII}]/u.test(text)) return undivided;
  let tries = 0;
  for (const { index } of text.matchAll(AFTER_AMOUNT)) {
    if (index === 0 || ++tries > MAX_TRIES) continue;
    const written = text
      .slice(index)
      .trim()
      .replaceAll(/\}(?=[A-Za-z])/g, '} ');
    // 5th and 2nm touch their number without being a unit or a noun.
    if (text[index] !== ' ' && (ORDINAL.test(written) || isProduct(written))) continue;
    const found = unitAndNoun(written);
    if (found !== null && (found.unit !== null || AMOUNT.test(text.slice(0, index))))
      return { amount: text.slice(0, index), ...found };
  }
  return undivided;
}

function unitAndNoun(written: string): Omit<Measured, 'amount'> | null {
  const unit = unitOf(written);
  if (unit !== null) return { unit, noun: null };
  if (HAN.test(written)) return { unit: null, noun: written };
  if (!WORDS.test(written) || written.length > 120) return null;
  const words = written.split(' ');
  if (words.some((word) => NOT_NOUNS.has(word.toLowerCase())) || (words[0] === 'times' && words.length > 1))
    return null;
  for (let count = Math.min(words.length - 1, 4); count > 0; count--) {
    const leading = unitOf(words.slice(0, count).join(' '));
    if (leading !== null) return { unit: leading, noun: nounOf(words.slice(count)) };
  }
  return isNoun(words[0]) ? { unit: null, noun: nounOf(words) } : null;
}

function unitOf(written: string): Unit | null {
  return isAmbiguousUnit(written) ? null : parseUnit(written);
}

function isNoun(word: string): boolean {
  return word.length > 3 || SHORT_NOUNS.has(word.toLowerCase());
}

function nounOf(words: readonly string[]): string | null {
  const kept = words.map((word) => word.toLowerCase()).filter((word) => !SMALL_WORDS.has(word));
  return kept.length === 0 ? null : kept.map(singular).join(' ');
}

function singular(word: string): string {
  const known = IRREGULAR.get(word);
  if (known !== undefined) return known;
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:ss|x|z|ch|sh)es$/.test(word)) return word.slice(0, -2);
  return /[^su]s$/.test(word) ? word.slice(0, -1) : word;
}

/** Returns whether two nouns can mean the same thing: one has all words of the other. Null fits every noun. */
export function nounsFit(a: string | null, b: string | null): boolean {
  if (a === null || b === null) return true;
  const [left, right] = [a.split(' '), b.split(' ')];
  return left.every((word) => right.includes(word)) || right.every((word) => left.includes(word));
}
