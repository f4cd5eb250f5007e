/**
 * Splits what follows a number into a unit and a noun: `18 eggs`, `0.4 gallons of paint`, `18个`.
 *
 * A noun says what is counted and is left out as often as a unit. It is a plural, except after 1 or a fraction: other
 * words may judge the number (`5 wrong`), change it (`5 squared`) or name something else (`5 March`). Words that change
 * the value (`3 dozen`), its direction (`5 m north`) or its time (`5 pm`) are no nouns either: such a text stays
 * undivided. Used by `parse.ts`.
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
  night afternoon tens ones perhaps decimal significant deviation deviations
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
/** Words that may follow a unit without being a plural: `7 years old`, `3 m apart`. */
const AFTER_UNIT = new Set('old tall long wide high deep thick away apart each total of'.split(' '));
/** Amounts of at most one thing. */
const SINGULAR = /^(?:-?[01](?:\.\d+)?|-?\d*\.\d+|.*[/}])$/s;

/** Chinese measure words and nouns, without the characters of number words (千, 半, 倍, …). */
const HAN =
  /^(?![^\p{Script=Han}])[^\P{Script=Han}零一二三四五六七八九十百千万亿兆半倍分折成打双对第负约次方根月日号点时左右以余多错误不非]{1,8}$/u;
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
    const amount = text.slice(0, index);
    const found = unitAndNoun(written, amount);
    if (found !== null && (found.unit !== null || AMOUNT.test(amount))) return { amount, ...found };
  }
  return undivided;
}

function unitAndNoun(written: string, amount: string): Omit<Measured, 'amount'> | null {
  const unit = unitOf(written);
  if (unit !== null) return { unit, noun: null };
  if (HAN.test(written)) return { unit: null, noun: written };
  if (!WORDS.test(written) || written.length > 120) return null;
  const words = written.split(' ');
  if (words.some((word) => NOT_NOUNS.has(word.toLowerCase())) || (words[0] === 'times' && words.length > 1))
    return null;
  for (let count = Math.min(words.length - 1, 4); count > 0; count--) {
    const leading = unitOf(words.slice(0, count).join(' '));
    const rest = words.slice(count);
    if (leading !== null && (follows(rest[0]) || rest.some(isPlural))) return { unit: leading, noun: nounOf(rest) };
  }
  const isShare = amount.endsWith('%') && words[0] === 'of' && words.length > 1;
  const isCount = isNoun(words) && (SINGULAR.test(amount) || isPhrase(words));
  return isShare || isCount ? { unit: null, noun: nounOf(words) } : null;
}

function unitOf(written: string): Unit | null {
  return isAmbiguousUnit(written) ? null : parseUnit(written);
}

/** Returns whether words are a plural with what may follow it: "red balls", "apples per person", "boys in the class". */
function isPhrase(words: readonly string[]): boolean {
  const head = words.findIndex(isPlural);
  const next = words.slice(head + 1).find((word) => !isPlural(word));
  return head >= 0 && (next === undefined || follows(next));
}

function follows(word: string): boolean {
  return AFTER_UNIT.has(word) || (SMALL_WORDS.has(word) && word !== 'the');
}

function isNoun([first, ...others]: readonly string[]): boolean {
  return first.length > 3 || SHORT_NOUNS.has(first.toLowerCase()) || (first.length === 3 && others.some(isPlural));
}

/** Words with one form for one and for many. */
const UNCHANGED = new Set('sheep fish deer aircraft series species dice yen yuan'.split(' '));

function isPlural(word: string): boolean {
  const lower = word.toLowerCase();
  return (
    IRREGULAR.has(lower) || UNCHANGED.has(lower) || (lower.length > 3 && /[^su]s$/.test(lower)) || lower === 'buses'
  );
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

/** Returns whether a noun counts the solutions of a question, and is none of them: "2 solutions" is not x = 2. */
export function countsSolutions(noun: string | null): boolean {
  return noun !== null && /(?:^| )(?:solution|root|answer|zero)$/.test(noun);
}

/** Returns whether two nouns can mean the same thing: one has all words of the other. Null fits every noun. */
export function nounsFit(a: string | null, b: string | null): boolean {
  if (a === null || b === null) return true;
  const [left, right] = [a.split(' '), b.split(' ')];
  return left.every((word) => right.includes(word)) || right.every((word) => left.includes(word));
}
