/**
 * Parses the outer structure of an answer: a tuple, interval, set, list, union or ratio of parts, a matrix,
 * an equation or inequality, a choice with its content, or a scalar with an optional name (`x=`) and unit.
 *
 * Scalars stay text unless they are plain rational numbers. Answers are compared in `equal.ts`.
 */
import { exceedsLimits } from '../limits.ts';
import {
  type Answer,
  type Choice,
  type Group,
  type Matrix,
  plainScalar,
  type Relation,
  type Scalar,
} from './answer.ts';
import { parseMultiple } from './multiple.ts';
import { splitName } from './names.ts';
import { isBuilder, parseBuilder, parseDifference } from './sets.ts';
import { normalizeAnswer, ROW_END, topLevelSplit } from './normalize.ts';
import { parseRational } from '../evaluate/rational.ts';
import { isRelation, splitRelation } from './relation.ts';
import { splitMeasure } from '../measures/nouns.ts';

const CHOICE = /^\(?([A-J])(?:\)[.:]?|[.:](?= ?[\d\\$({A-Z-])) ?(?=[^\s,;])(.{1,400})$/s;
const MATRIX =
  /^\\begin\{(?:[pbB]|small)?matrix\}(.*)\\end\{(?:[pbB]|small)?matrix\}$|^\\begin\{array\}\{[lcr|]{1,16}\}(.*)\\end\{array\}$/s;
/** Maximum depth of nested brackets that are parsed; deeper ones stay text. */
const MAX_DEPTH = 4;

/**
 * Parses an answer that is within `limits.ts`. Never fails: unknown notation becomes a scalar with text only.
 */
export function parseAnswer(text: string): Answer {
  return parseNormalized(normalizeAnswer(text), MAX_DEPTH);
}

function parseNormalized(text: string, depth: number): Answer {
  if (depth === 0) return parseScalar(text);
  const parts = (texts: string[]): Answer[] => texts.map((part) => parseNormalized(normalizeAnswer(part), depth - 1));
  return (
    parseMatrix(text, parts) ??
    parseChoice(text, parts) ??
    parseBuilt(text, parts) ??
    parseList(text, parts) ??
    parseRelation(text) ??
    parseBrackets(text, parts) ??
    parseRatio(text, parts) ??
    parsePlusMinus(text, parts) ??
    parseScalar(text)
  );
}

type Parts = (texts: string[]) => Answer[];

function parseMatrix(text: string, parts: Parts): Matrix | null {
  if (!text.includes('\\begin')) return null;
  const named = splitName(text);
  const body = named?.rest ?? text;
  const found = MATRIX.exec(/^\[\\begin\{array\}.*\]$/s.test(body) ? body.slice(1, -1) : body);
  const inside = found?.[1] ?? found?.[2];
  if (inside === undefined || inside.includes('\\begin')) return null;
  const rows = topLevelSplit(inside, ROW_END).filter((row, at, { length }) => row.trim() !== '' || at < length - 1);
  return { kind: 'matrix', rows: rows.map((row) => parts(topLevelSplit(row, '&'))), name: named?.name ?? null };
}

function parseChoice(text: string, parts: Parts): Choice | null {
  const found = CHOICE.exec(text);
  if (found === null || !isContent(found[2])) return null;
  return { kind: 'choice', letter: found[1], content: parts([found[2]])[0], name: null };
}

/** Starts a sentence about the choice instead of its content: "(A) is wrong", "(I) and (II)". */
const ABOUT =
  /^(?:is|isn't|are|aren't|was|were|and|or|nor|but|not(?! (?:enough|a(?:ll|ny)|every)\b)|if|unless|except|versus|vs|plus|with|without|does|doesn't|do|don't|has|can|can't|could|couldn't|might|may|must|should|seems|looks|would|will|only|for|when|where|provided|assuming|otherwise|then|cannot(?! be (?:determined|found|computed|known)))(?![A-Za-z])|^[&+/=?!^_|*'~]/i;
/** A verdict on the choice, or a doubt. */
const VERDICT =
  /\b(?:wrong|incorrect|eliminated?|excluded?|ruled? out|rejected?|maybe|perhaps|possibly|probably|unlikely|unsure|instead|either|neither)\b|\?$/i;
/** Another choice: more than one letter is a list of the choices themselves. */
const OTHER_CHOICE = /^[A-J]$|\((?:[A-J]|[IVX]{1,4})\)|(?<![A-Za-z\d)])[A-J]\)/;

/** Returns whether the text after a choice's letter can be what the choice says. */
function isContent(text: string): boolean {
  return !ABOUT.test(text) && !VERDICT.test(text) && !OTHER_CHOICE.test(text);
}

/** Parses a set given by a condition or a difference. A condition that is no inequality stays text. */
function parseBuilt(text: string, parts: Parts): Answer | null {
  if (isBuilder(text)) return parseBuilder(text, parts) ?? parseScalar(text);
  return /\\setminus|\\\}$|^all real/.test(text) ? parseDifference(text, parts) : null;
}

function parseList(text: string, parts: Parts): Group | null {
  const union = topLevelSplit(text, '\\cup');
  if (union.length > 1) {
    const named = splitName(union[0]);
    const texts = named === null ? union : [named.rest, ...union.slice(1)];
    return { ...unionOf(parts(texts)), name: named?.name ?? null };
  }
  const points = text.split(OR_AND).filter((_, at) => at % 2 === 0);
  // p=5, q=2 and p=7, q=2 are two points.
  if (points.length > 1 && text.includes('=') && arePoints(points)) return group('', '', parts(points));
  for (const separator of [';', ',']) {
    const texts = topLevelSplit(text, separator);
    if (texts.length > 1)
      return separator === ';' && arePoints(texts) ? group('', '', parts(texts)) : list(texts, parts);
  }
  return parseAlternatives(text, parts);
}

/** The letter or Roman number of a choice or statement: `A`, `(C)`, `III`. */
export const LABEL = /^(?:[A-Z]|[IVX]{1,4}|\((?:[A-Z]|[IVX]{1,4})\))$/;

/** Returns whether the texts are points without brackets, as in p=5,q=2;p=7,q=2. */
function arePoints(texts: readonly string[]): boolean {
  const sizes = texts.map((text) => topLevelSplit(text, ',').length);
  return sizes[0] > 1 && sizes.every((size) => size === sizes[0]);
}

const OR_AND = /(?<![A-Za-z\\])(or|and)(?![A-Za-z])/;

/**
 * Parses alternatives: "2 or 3" and "2 and 3" are lists. x<2 or x>3 is its own kind of list; x>2 and x<3 is
 * not a list.
 */
function parseAlternatives(text: string, parts: Parts): Group | null {
  const pieces = text.split(OR_AND);
  const texts = pieces.filter((_, at) => at % 2 === 0).map((piece) => piece.trim());
  if (texts.length === 1 || !texts.every((part) => /[\d=<>\\]|^[A-Za-z]$/.test(part) || LABEL.test(part))) return null;
  const inequalities = texts.filter((part) => isRelation(part) && !/=/.test(part));
  if (texts.every((part) => LABEL.test(part)) && pieces.includes('or')) return group('', 'or', parts(texts));
  if (inequalities.length === 0)
    return { ...list(texts, parts), ...(pieces.includes('or') ? { alternatives: true } : {}) };
  return pieces.includes('and') || inequalities.length < texts.length ? null : group('', 'or', parts(texts));
}

/** Builds a union; finite sets are merged into one set. */
function unionOf(items: Answer[]): Group {
  const sets = items.filter((item) => item.kind === 'group' && item.open === '{');
  if (sets.length < items.length) return group('cup', '', items);
  const members = sets.flatMap((item) => (item.kind === 'group' ? item.items : []));
  return group(
    '{',
    '}',
    members.filter((member, at) => members.findIndex((one) => answerKey(one) === answerKey(member)) === at),
  );
}

/** Builds a list. Parts that are lists (such as 1±√2) are flattened; "1, 2, and 3" is a list too. */
function list(texts: string[], parts: Parts): Group {
  const cleaned = texts.map((text, at) =>
    at === texts.length - 1 ? text.replace(/^ ?(?:and|or) ?(?![A-Za-z])/, '') : text,
  );
  return group('', '', flat(parts(cleaned)));
}

function flat(items: Answer[]): Answer[] {
  return items.flatMap((item) =>
    item.kind === 'group' && item.open === '' ? item.items.map((part) => withName(part, item.name)) : [item],
  );
}

function withName(item: Answer, name: string | null): Answer {
  return name !== null && item.kind === 'scalar' && item.name === null ? { ...item, name } : item;
}

function parseRelation(text: string): Relation | null {
  if (!isRelation(text)) return null;
  const found = splitRelation(text);
  if (found === null) return null;
  // x=5 is a named value, unless x is on both sides.
  const named = splitName(text);
  const isValue = found.signs.length === 1 && (found.signs[0] === '=' || found.signs[0] === '\\approx');
  if (named !== null && isValue && !contains(named.rest, named.name)) return null;
  return { kind: 'relation', ...found, name: null };
}

/** Returns whether a value contains a name; letters of commands and words do not count. */
function contains(value: string, name: string): boolean {
  return (name.includes('\\') ? value : value.replace(/\\[A-Za-z]+|[A-Za-z]{4,}| [A-Za-z][a-z]{2,}/g, ' ')).includes(
    name,
  );
}

function parseBrackets(text: string, parts: Parts): Group | null {
  const named = splitName(text);
  const body = named?.rest ?? text;
  const open = body.startsWith('\\{') ? '\\{' : body[0];
  if (open === undefined || !['\\{', '{', '(', '['].includes(open)) return null;
  const close = body.endsWith('\\}') ? '\\}' : body.at(-1);
  if (close === undefined || !closesAtEnd(body)) return null;
  const isSet = open.endsWith('{');
  if (isSet !== close.endsWith('}') || (isSet && open.length !== close.length)) return null;
  const inner = body.slice(open.length, -close.length);
  const texts = topLevelSplit(inner, inner.includes(';') ? ';' : ',');
  if (texts.length === 1 && !(open === '\\{' || (open === '[' && close === ']'))) return null;
  const items = inner.trim() === '' ? [] : parts(texts);
  // `{1,2}` without its backslashes can only be a set.
  return { ...group(isSet ? '{' : open, isSet ? '}' : close, isSet ? flat(items) : items), name: named?.name ?? null };
}

function group(open: string, close: string, items: Answer[]): Group {
  return { kind: 'group', open, close, items, name: null, built: false };
}

/**
 * Returns whether the first bracket is closed at the very end. Intervals may end with the other kind of
 * bracket.
 */
function closesAtEnd(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if ('([{'.includes(text[at])) depth++;
    else if (')]}'.includes(text[at]) && --depth === 0) return at === text.length - 1;
  }
  return false;
}

/** Parses 1:2 and 1:2:3, but not 3:05, which may be a time. */
function parseRatio(text: string, parts: Parts): Group | null {
  const named = splitName(text);
  const texts = (named?.rest ?? text).split(':');
  const isRatio = texts.length > 1 && texts.every((part) => /^\d+$|^\\sqrt\{?\d+\}?$/.test(part) && !/^0\d/.test(part));
  return isRatio ? { ...group(':', '', parts(texts)), name: named?.name ?? null } : null;
}

/** Parses 1±√2 as the list of both values. */
function parsePlusMinus(text: string, parts: Parts): Group | null {
  const named = splitName(text);
  const body = named?.rest ?? text;
  const signs = body.match(/\\(?:pm|mp)(?![A-Za-z])/g);
  if (signs?.length !== 1 || signs[0] !== '\\pm') return null;
  const both = ['+', '-'].map((sign) => body.replace(/\\pm(?![A-Za-z]) ?/, sign));
  const items = parts(both).map((item) => withName(item, named?.name ?? null));
  return group('', '', items);
}

function parseScalar(text: string): Scalar {
  const named = splitName(text);
  let rest = named === null ? text : normalizeAnswer(named.rest);
  const approximate = /^\\approx(?![A-Za-z])/.test(rest);
  if (approximate) rest = normalizeAnswer(rest.slice('\\approx'.length));
  // With a second relation sign it is not a named value.
  if (named !== null && isRelation(rest)) return plainScalar(text);
  const { amount, unit, noun } = splitMeasure(rest);
  const percent = amount.endsWith('%');
  const value = parseRational(amount);
  const multiple = value === null ? parseMultiple(amount) : null;
  return { ...plainScalar(amount), value, multiple, unit, noun, name: named?.name ?? null, percent, approximate };
}

const keys = new WeakMap<Answer, string>();

/** Returns a key. Equal keys mean equal answers; for different keys, `equal.ts` has to compare. */
export function answerKey(answer: Answer): string {
  const known = keys.get(answer);
  if (known !== undefined) return known;
  const key = makeKey(answer);
  keys.set(answer, key);
  return key;
}

function makeKey(answer: Answer): string {
  switch (answer.kind) {
    case 'group':
      return JSON.stringify([
        answer.open,
        answer.close,
        answer.items.map(answerKey),
        answer.name,
        ...(answer.built ? ['built'] : []),
      ]);
    case 'matrix':
      return JSON.stringify(['matrix', answer.rows.map((row) => row.map(answerKey)), answer.name]);
    case 'relation':
      return JSON.stringify(['relation', answer.sides, answer.signs]);
    case 'choice':
      return JSON.stringify(['choice', answer.letter, answerKey(answer.content)]);
    case 'scalar':
      return scalarKey(answer);
  }
}

function scalarKey({ value, multiple, text, unit, noun, name, percent, approximate }: Scalar): string {
  const number = value ?? multiple?.value ?? null;
  const of = multiple === null || multiple.of === '1' ? '' : multiple.of;
  const core = number === null ? `t${text}` : `${number.p}/${number.q}${of}`;
  if (unit === null && noun === null && name === null && !percent && !approximate) return core;
  const measured = unit === null ? null : `${unit.factor.p}/${unit.factor.q} ${unit.dimension}`;
  return JSON.stringify([core, measured, noun, name, percent, approximate]);
}

/**
 * Returns `p/q` of an answer as a model wrote it (`0.5`, `\frac12`, `1\frac{1}{2}`, `28\%`,
 * `1.5\times10^{3}`, `0.\overline{3}`, …). Null if it is not plainly a rational number or exceeds a limit.
 */
export function rationalKey(text: string): string | null {
  if (exceedsLimits(text) !== null) return null;
  const value = parseRational(normalizeAnswer(text));
  return value === null ? null : `${value.p}/${value.q}`;
}
