/**
 * Splits the name off a named value: `x=5`, `f(x)=2x`, `x\in[0,1)`, `AB=8`, `P(A)=\frac13`, `3=n`.
 *
 * A short name is a letter with an optional index or argument; the question defines it. A long name (a segment, an
 * angle, a function value, words) is a claim of its own; `mode.ts` decides whether it may be left out. Textual only;
 * used by `parse.ts`.
 */
import { splitRelation } from './relation.ts';

export interface Named {
  name: string;
  /** The text after the sign; starts with `\approx` if that was the sign. */
  rest: string;
}

const SHORT = String.raw`(?:[A-Za-z]|\\(?!approx|in(?![a-z])|angle|cos|sin|tan|log|ln|pi(?![a-z])|infty|emptyset)[A-Za-z]{2,10})(?:_(?:\w|\{\w{1,8}\}))?(?:\([a-z]\))?'?`;
const TUPLE = String.raw`\((?:[A-Za-z],){1,5}[A-Za-z]\)`;
const SIGN = String.raw`(?:=|\\in(?![a-z])|(?=\\approx(?![a-z])))(?=.)`;
const START = new RegExp(`^(${SHORT}|${TUPLE})${SIGN}`);
const SHORT_NAME = new RegExp(`^(?:${SHORT}|${TUPLE})$`);

const POINTS = String.raw`[A-Z]{1,6}'?`;
const LETTER = String.raw`(?:[A-Za-z]|\\(?:theta|alpha|beta|gamma|phi|lambda|mu|omega|sigma))`;
const INDEXED = String.raw`(?:${LETTER}|[A-Z]{2,5})(?:_(?:\w|\{[^{}]{1,16}\}))?'{0,2}(?:\^\{-1\})?`;
/** Lengths, angles, areas and vectors between points. */
const GEOMETRY = String.raw`(?:m ?)?\\(?:angle|triangle|measuredangle) ?${POINTS}|[A-Z]{2,6}'?|\|[A-Z]{2}\||\[[A-Z]{3,6}\]|\|?\\(?:overline|overrightarrow|vec|widehat|overset)\{?[A-Za-z]{1,2}\}?\|?`;
/** Values of functions: `f(2)`, `P(A|B)`, `E[X]`, `\cos A`; but x(x-1) is a product. */
const CALL = String.raw`(?![a-eiklmnx-zA-DK-N]\([^()]*[A-Za-z][^()]*[+-]|[a-eiklmnx-zA-DK-N]\([^()]*[+-][^()]*[A-Za-z])(?:${INDEXED}|Var|Cov|Pr|\\(?:sin|cos|tan|cot|sec|csc))(?:\([^()=]{1,24}\)|\([^()]{1,12}=[^()]{1,12}\)|\[[^[\]]{1,12}\])`;
const TRIGONOMETRIC = String.raw`\\(?:sin|cos|tan|cot|sec|csc)(?:\^2)? ?(?:\\angle ?)?(?:${LETTER}|${POINTS})`;
const SIMPLE = String.raw`${GEOMETRY}|${CALL}|${TRIGONOMETRIC}|${INDEXED}`;
const RATIO = String.raw`(?:${SIMPLE})[:/](?:${SIMPLE})|\\frac\{(?:${SIMPLE})\}\{(?:${SIMPLE})\}`;
const LONG_NAME = new RegExp(`^(?:${SIMPLE}|${RATIO})$`);
const WORDS = /^[A-Za-z][a-z]{2,}(?: [A-Za-z]{1,16}){0,7}$/;
const NOT_WORDS =
  /\b(?:and|or|not|no|if|unless|more|less|greater|fewer|least|most|than|about|over|under|between|when|sin|cos|tan|log|exp|mod|lim|max|min|gcd|lcm)\b/;
const MAX_NAME = 80;

/** Splits a normalized text at the sign after its name, or before it in `3=n`. Null if it has no name. */
export function splitName(text: string): Named | null {
  const start = START.exec(text);
  if (start !== null) return { name: start[1], rest: text.slice(start[0].length) };
  if (!/=|\\approx/.test(text)) return null;
  return longName(text) ?? turned(text);
}

function longName(text: string): Named | null {
  const found = splitRelation(text);
  if (found === null || (found.signs[0] !== '=' && found.signs[0] !== '\\approx')) return null;
  const [left] = found.sides;
  if (left.length > MAX_NAME || !isLong(left)) return null;
  const rest = text.slice(text.indexOf(found.signs[0], left.length) + (found.signs[0] === '=' ? 1 : 0)).trim();
  return { name: nameKey(left, rest), rest };
}

/** Reads `3=n` as `n=3`, unless the name is a part of the value too. */
function turned(text: string): Named | null {
  const found = splitRelation(text);
  if (found === null || found.signs.length !== 1 || found.signs[0] !== '=') return null;
  const [value, name] = found.sides;
  if (name.length > MAX_NAME || value.includes(name)) return null;
  if (SHORT_NAME.test(name)) return { name, rest: value };
  return LONG_NAME.test(name) && /\d/.test(value) ? { name: nameKey(name, value), rest: value } : null;
}

/** Returns one spelling of a long name: AB for BA, |AB| and \overline{AB}; ∠ABC for m∠CBA. */
function nameKey(name: string, value: string): string {
  const plain = name
    .replace(/^m ?(?=\\angle)/, '')
    .replace(/\\angle /g, '\\angle')
    .replace(/^\|(.*)\|$/, '$1')
    .replace(/^\\overline\{?([A-Z]{2})\}?$/, '$1');
  // MR=MC is an equation of two quantities.
  if (/^[A-Z]{2}$/.test(plain) && /\d/.test(value)) return Array.from(plain).toSorted().join('');
  const angle = /^\\angle([A-Z])([A-Z])([A-Z])$/.exec(plain);
  if (angle === null) return plain;
  const [first, last] = [angle[1], angle[3]].toSorted();
  return `\\angle${first}${angle[2]}${last}`;
}

/** Returns whether a text is a short or a long name. */
export function isName(text: string): boolean {
  return text.length <= MAX_NAME && (SHORT_NAME.test(text) || isLong(text));
}

function isLong(text: string): boolean {
  return LONG_NAME.test(text) || (WORDS.test(text) && !NOT_WORDS.test(text));
}

/** Returns whether a name is more than a letter with an index or an argument. */
export function isLongName(name: string): boolean {
  return !SHORT_NAME.test(name);
}

/** Returns whether a name is in words, so that it may be another name of the same thing. */
export function isWordName(name: string): boolean {
  return WORDS.test(name);
}
