/**
 * An answer's outer shape: a tuple, interval, set, list or union of parts, each a scalar with an
 * optional name (`x=`) and unit. Scalars stay text unless they are plain rational numbers.
 */
import { normalizeAnswer, topLevelSplit } from './normalize.ts';
import { parseRational, type Rational } from './rational.ts';
import { canonicalUnit, isAmbiguousUnit } from './units.ts';

/** One thing: a number, an expression or words. */
export interface Scalar {
  kind: 'scalar';
  /** Without name and unit. */
  text: string;
  value: Rational | null;
  unit: string | null;
  /** `x` of `x=5`. */
  name: string | null;
}

/** Several things between brackets; a bare list has empty brackets, a union has `cup`. */
export interface Group {
  kind: 'group';
  /** `(`, `[`, `{` for a set, empty for a list, `cup` for a union. */
  open: string;
  close: string;
  items: Answer[];
  /** `x` of `x\in[0,1)`. */
  name: string | null;
}

export type Answer = Scalar | Group;

const NAME = /^((?:[A-Za-z]|\\[a-z]{2,10})(?:_(?:\w|\{\w{1,8}\}))?(?:\([a-z]\))?)(?:=|\\in(?![a-z]))(?=.)/;
/** Brackets inside brackets that are still taken apart; deeper ones stay text. */
const MAX_DEPTH = 3;
const WITH_UNIT = /^(.*[\d})%]) ?([A-Za-z°].*)$/s;

/** Reads an answer that is within `limits.ts`. Never fails: what it does not know is a scalar of text. */
export function parseAnswer(text: string): Answer {
  return parseNormalized(normalizeAnswer(text), MAX_DEPTH);
}

function parseNormalized(text: string, depth: number): Answer {
  if (depth === 0) return parseScalar(text);
  const parts = (texts: string[]): Answer[] => texts.map((part) => parsePart(part, depth - 1));
  const union = topLevelSplit(text, '\\cup');
  if (union.length > 1) return { kind: 'group', open: 'cup', close: '', items: parts(union), name: null };
  const list = topLevelSplit(text, ',');
  if (list.length > 1) return { kind: 'group', open: '', close: '', items: parts(list), name: null };
  return parseBrackets(text, parts) ?? parseScalar(text);
}

/** Parts are normalized again: what stood between brackets now stands alone. */
function parsePart(text: string, depth: number): Answer {
  return parseNormalized(normalizeAnswer(text), depth);
}

function parseBrackets(text: string, parse: (parts: string[]) => Answer[]): Group | null {
  const named = NAME.exec(text);
  const body = named === null ? text : text.slice(named[0].length);
  const open = body.startsWith('\\{') ? '\\{' : body[0];
  if (open === undefined || !['\\{', '{', '(', '['].includes(open)) return null;
  const close = body.endsWith('\\}') ? '\\}' : body.at(-1);
  if (close === undefined || !closesAtEnd(body)) return null;
  const isSet = open.endsWith('{');
  if (isSet !== close.endsWith('}') || (isSet && open.length !== close.length)) return null;
  const inner = body.slice(open.length, -close.length);
  const parts = topLevelSplit(inner, ',');
  if (parts.length === 1 && !(open === '\\{' || (open === '[' && close === ']'))) return null;
  // `{1,2}` without its backslashes can only be a set.
  return {
    kind: 'group',
    open: isSet ? '{' : open,
    close: isSet ? '}' : close,
    items: inner.trim() === '' ? [] : parse(parts),
    name: named === null ? null : named[1],
  };
}

/** Whether the first bracket closes at the very end; intervals may close with the other kind. */
function closesAtEnd(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if ('([{'.includes(text[at])) depth++;
    else if (')]}'.includes(text[at]) && --depth === 0) return at === text.length - 1;
  }
  return false;
}

function parseScalar(text: string): Scalar {
  const named = NAME.exec(text);
  const rest = named === null ? text : normalizeAnswer(text.slice(named[0].length));
  // A second relation sign would make it an equation, not a named value.
  if (named !== null && /[=<>]|\\(?:le|ge|ne|in)(?![a-z])/.test(rest))
    return { kind: 'scalar', text, value: null, unit: null, name: null };
  const name = named === null ? null : named[1];
  const measured = WITH_UNIT.exec(rest);
  if (measured !== null && !isAmbiguousUnit(measured[2])) {
    const unit = canonicalUnit(measured[2]);
    if (unit !== null) return { kind: 'scalar', text: measured[1], value: parseRational(measured[1]), unit, name };
  }
  return { kind: 'scalar', text: rest, value: parseRational(rest), unit: null, name };
}

/** Equal keys mean equal answers; different keys mean that `equal.ts` has to look. */
export function answerKey(answer: Answer): string {
  if (answer.kind === 'group')
    return JSON.stringify([answer.open, answer.close, answer.items.map(answerKey), answer.name]);
  const { value, text, unit, name } = answer;
  const core = value === null ? `t${text}` : `${value.p}/${value.q}`;
  return unit === null && name === null ? core : JSON.stringify([core, unit, name]);
}
