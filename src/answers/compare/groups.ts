/**
 * Compares tuples, intervals, sets, lists, unions, ratios and matrices part by part. Single values are
 * compared in `equal.ts`.
 */
import type { Context } from './context.ts';
import type { Answer, Group, Matrix } from '../read/answer.ts';
import { answerKey, parseAnswer } from '../read/parse.ts';
import { intervalOf } from '../read/relation.ts';
import { all, different, equal, undecided, under, type Verdict } from '../verdict.ts';

/**
 * Compares two groups. Order matters in tuples, intervals and ratios, but not in sets, unions and bare lists.
 */
export function compareGroups(a: Group, b: Group, context: Context): Verdict {
  if (a.built !== b.built) {
    const verdict = compareGroups({ ...a, built: true }, { ...b, built: true }, context);
    return under(context.rules.inequalityAsInterval, 'inequality-or-interval', verdict);
  }
  if (a.open === b.open && a.close === b.close) return compareAlike(a, b, context);
  const kinds = new Set([a.open + a.close, b.open + b.close]);
  if (!kinds.has('') && !kinds.has('or')) return different('different-shape');
  // "1, 2" and "{1, 2}" mean the same; "1, 2" and "(1, 2)" may.
  if (kinds.has('{}')) return compareUnordered(a.items, b.items, context);
  if (kinds.has('cup') && kinds.has('or')) return compareWithUnion(a, b, context);
  if (kinds.has('cup') || kinds.has('or')) return undecided('different-shape');
  // (3,4] and [3,4] are intervals.
  if (!kinds.has('()')) return undecided('different-shape');
  // x=1 or x=2 is not a point.
  if ([a, b].some(isAlternatives)) return undecided('different-shape');
  return under(context.rules.looseBrackets, 'brackets', compareOrdered(a.items, b.items, context));
}

/** Compares alternatives with a union: x<2 or x>3 is (−∞,2)∪(3,∞). */
function compareWithUnion(a: Group, b: Group, context: Context): Verdict {
  const [union, list] = a.open === 'cup' ? [a, b] : [b, a];
  const intervals = list.items.map((item) => (item.kind === 'relation' ? intervalOf(item) : null));
  if (!intervals.every((interval) => interval !== null)) return undecided('different-shape');
  const parts = intervals.map((interval) => parseAnswer(interval));
  if (new Set(parts.map(({ name }) => name)).size > 1) return undecided('different-shape');
  return under(
    context.rules.inequalityAsInterval,
    'inequality-or-interval',
    compareUnordered(union.items, parts, context),
  );
}

function compareAlike(a: Group, b: Group, context: Context): Verdict {
  if (a.open === ':') return compareRatios(a, b, context);
  // {{1},{2}} is a set of sets.
  if (a.open === '{' && a.items.some(isSet) !== b.items.some(isSet)) return different('different-shape');
  if (a.open === '{' || a.open === 'cup') return compareUnordered(a.items, b.items, context);
  if (a.open === '' && (sharesName(a) || sharesName(b))) return compareShared(a, b, context);
  const ordered = compareOrdered(a.items, b.items, context);
  // a=1, b=2 differs from 2, 1: the names fix the order.
  if (a.open === '' && isNamed(a) !== isNamed(b))
    return ordered.verdict === 'different'
      ? undecided('order')
      : under(context.rules.nameLeftOut, 'missing-name', ordered);
  if (a.open !== '' || ordered.verdict === 'equal') return ordered;
  return compareUnordered(a.items, b.items, context);
}

/** Returns whether only the first item has a name, which is then the name of all: x=6,-1. */
function sharesName({ items }: Group): boolean {
  return items.length > 1 && items[0].name !== null && items.every(({ name }, at) => at === 0 || name === null);
}

/** Compares lists of alternatives. A name that only one of them has is left out. */
function compareShared(a: Group, b: Group, context: Context): Verdict {
  const [one, other] = [a, b].map(
    (list) => new Set(list.items.map(({ name }) => name).filter((name) => name !== null)),
  );
  const names = new Set([...one, ...other]);
  if (names.size > 1) return one.size === 1 && other.size === 1 ? different('different-name') : undecided('order');
  const [left, right] = [a, b].map(({ items }) => items.map((item): Answer => ({ ...item, name: null })));
  const verdict = compareUnordered(left, right, context);
  return one.size === other.size ? verdict : under(context.rules.nameLeftOut, 'missing-name', verdict);
}

function isSet(item: Answer): boolean {
  return item.kind === 'group' && item.open === '{';
}

/** Returns whether a list gives values of one unknown: 1 or 2; x=1, 2; x=1, x=2. */
function isAlternatives({ alternatives, items, name, open }: Group): boolean {
  if (alternatives === true || (open === '' && name !== null && !name.startsWith('('))) return true;
  if (open === '' && items.some((item) => item.name === null) && items.some((item) => item.name !== null)) return true;
  const names = items.map(({ name }) => name).filter((name) => name !== null);
  return new Set(names).size < names.length;
}

function isNamed(list: Group): boolean {
  return new Set(list.items.map(({ name }) => name)).size > 1;
}

function compareOrdered(a: readonly Answer[], b: readonly Answer[], context: Context): Verdict {
  if (a.length !== b.length) return different('different-shape');
  return all(a.map((item, at) => context.compare(item, b[at])));
}

/** Compares ratios: 2:4 is 1:2. */
function compareRatios(a: Group, b: Group, context: Context): Verdict {
  if (a.items.length !== b.items.length) return different('different-shape');
  const exact = compareOrdered(a.items, b.items, context);
  if (exact.verdict === 'equal') return exact;
  if (isTime(a) || isTime(b)) return undecided('ratio-or-time');
  const values = [...a.items, ...b.items].map((item) => (item.kind === 'scalar' ? item.value : null));
  if (values.some((value) => value === null || value.q !== 1n)) return exact;
  const numbers = values.map((value) => value?.p ?? 0n);
  const half = a.items.length;
  const scaled = numbers
    .slice(0, half)
    .every((number, at) => number * numbers[half] === numbers[half + at] * numbers[0]);
  return scaled && numbers[0] !== 0n && numbers[half] !== 0n ? equal('same-parts') : different('different-value');
}

/** Returns whether a ratio may be a time of day or a duration: 12:30, 1:15:45. */
export function isTime({ items }: Group): boolean {
  const [hours, ...rest] = items.map((item) => (item.kind === 'scalar' ? item.text : ''));
  return /^(?:\d|[01]\d|2[0-4])$/.test(hours) && rest.length <= 2 && rest.every((part) => /^[0-5]\d$/.test(part));
}

/** Maximum number of parts compared pairwise, after those with the same key are paired. */
const MAX_LEFT = 32;

/** Compares sets, unions and lists: equal if the parts can be paired one to one. */
function compareUnordered(a: readonly Answer[], b: readonly Answer[], context: Context): Verdict {
  const [left, right] = withoutTwins(a, b);
  if (left.length > MAX_LEFT || right.length > MAX_LEFT) return undecided('limit');
  let unsure: Verdict | null = null;
  let repeated = false;
  for (const item of right) {
    const verdicts = left.map((other) => context.compare(other, item));
    const at = verdicts.findIndex(({ verdict }) => verdict === 'equal');
    if (at >= 0) {
      left.splice(at, 1);
      continue;
    }
    const open = verdicts.find(({ verdict }) => verdict === 'undecided');
    if (open === undefined && !isAmong(item, a, context)) return different('different-value');
    if (open === undefined) repeated = true;
    else unsure ??= open;
  }
  if (unsure === null && !repeated && left.length === 0) return equal('same-parts');
  if (left.some((item) => b.every((other) => context.compare(item, other).verdict === 'different')))
    return different('different-value');
  return unsure ?? undecided('multiplicity');
}

/** Returns both lists without the parts that share a key. */
function withoutTwins(a: readonly Answer[], b: readonly Answer[]): [Answer[], Answer[]] {
  const counts = new Map<string, number>();
  for (const item of b) counts.set(answerKey(item), (counts.get(answerKey(item)) ?? 0) + 1);
  const left = a.filter((item) => !takeOne(counts, answerKey(item)));
  const right = b.toReversed().filter((item) => takeOne(counts, answerKey(item)));
  return [left, right.toReversed()];
}

function takeOne(counts: Map<string, number>, key: string): boolean {
  const count = counts.get(key) ?? 0;
  if (count > 0) counts.set(key, count - 1);
  return count > 0;
}

function isAmong(item: Answer, others: readonly Answer[], context: Context): boolean {
  return others.some((other) => context.compare(other, item).verdict === 'equal');
}

/** Compares matrices entry by entry. A single row or column may also equal a tuple. */
export function compareMatrices(a: Answer, b: Answer, context: Context): Verdict {
  if (a.kind === 'matrix' && b.kind === 'matrix') return compareRows(a, b, context);
  const [matrix, other] = a.kind === 'matrix' ? [a, b] : [b, a];
  if (matrix.kind !== 'matrix') return different('different-shape');
  if (other.kind === 'scalar') {
    // Words or a letter may stand for a matrix; a number only for a matrix of one entry.
    return other.value === null || entriesOf(matrix)?.length === 1
      ? undecided('not-evaluable')
      : different('different-shape');
  }
  const entries = entriesOf(matrix);
  if (other.kind !== 'group' || !['', '(', '['].includes(other.open)) return different('different-shape');
  if (entries === null || (other.open !== '' && other.close !== (other.open === '(' ? ')' : ']')))
    return different('different-shape');
  return under(context.rules.looseBrackets, 'brackets', compareOrdered(entries, other.items, context));
}

function compareRows(a: Matrix, b: Matrix, context: Context): Verdict {
  if (a.rows.length !== b.rows.length) return different('different-shape');
  return all(a.rows.map((row, at) => compareOrdered(row, b.rows[at], context)));
}

/** Returns the entries of a matrix of one row or one column; null for others. */
function entriesOf({ rows }: Matrix): Answer[] | null {
  if (rows.length === 1) return rows[0];
  return rows.every((row) => row.length === 1) ? rows.flat() : null;
}
