/**
 * Whether two answers are equal: exactly, or not at all. Pure and synchronous.
 *
 * Three verdicts, since a wrong "equal" would reward a wrong answer: what cannot be proved either way
 * is `undecided`, and `grader.ts` may then ask the evaluator in its worker. No floating point, no
 * tolerance. Equality is not transitive by design: 3 equals 3 cm and 3 equals 3 m, when one leaves the unit out.
 */
import { exceedsLimits } from './limits.ts';
import { type Answer, answerKey, type Group, parseAnswer, type Scalar } from './parse.ts';

/** Why a verdict was given. */
export type VerdictReason =
  /** Same canonical key: same text or same number. */
  | 'same'
  /** Every part was found equal. */
  | 'same-parts'
  /** The evaluator brought both to the same normal form. */
  | 'evaluated'
  | 'different-value'
  | 'different-shape'
  | 'different-name'
  | 'different-unit'
  /** One is empty. */
  | 'blank'
  /** One exceeds a size limit, and they are not the same text. */
  | 'limit'
  | 'order'
  /** Only evaluating could tell. */
  | 'needs-evaluation'
  /** The evaluator could not tell either. */
  | 'not-evaluable'
  /** The evaluator was stopped at its deadline. */
  | 'timeout'
  /** The evaluator's worker died, out of memory for instance. */
  | 'worker-died';

export interface Verdict {
  verdict: 'equal' | 'different' | 'undecided';
  reason: VerdictReason;
}

/** Decides about two scalars that differ as text and are not both rational numbers. */
export type ScalarComparer = (a: string, b: string) => Verdict;

const needsEvaluation: ScalarComparer = () => ({ verdict: 'undecided', reason: 'needs-evaluation' });

/**
 * A text under which equal answers can be grouped at once: the same key is always an equal answer.
 * Null for a blank answer or one of too many characters, which is no answer.
 */
export function canonicalKey(text: string): string | null {
  // Most votes are whole numbers.
  if (/^(?:0|-?[1-9]\d{0,14})$/.test(text)) return `${text}/1`;
  const limit = exceedsLimits(text);
  if (limit === 'characters') return null;
  if (limit !== null) return `raw:${text.trim()}`;
  const key = answerKey(parseAnswer(text));
  return key === 't' ? null : key;
}

/**
 * Compares two answers as models wrote them.
 *
 * @param scalar asked about parts that are neither the same text nor both rational; by default
 *   everything of that kind is undecided with reason `needs-evaluation`.
 */
export function compareAnswers(a: string, b: string, scalar: ScalarComparer = needsEvaluation): Verdict {
  const keys = [canonicalKey(a), canonicalKey(b)];
  if (keys.includes(null)) return isBlank(a, keys[0]) || isBlank(b, keys[1]) ? different('blank') : different('limit');
  if (keys[0] === keys[1]) return { verdict: 'equal', reason: 'same' };
  if (exceedsLimits(a) !== null || exceedsLimits(b) !== null) return undecided('limit');
  return compareParsed(parseAnswer(a), parseAnswer(b), scalar);
}

function isBlank(text: string, key: string | null): boolean {
  return key === null && exceedsLimits(text) === null;
}

function compareParsed(a: Answer, b: Answer, scalar: ScalarComparer): Verdict {
  if (answerKey(a) === answerKey(b)) return { verdict: 'equal', reason: 'same' };
  if (a.name !== null && b.name !== null && a.name !== b.name) return different('different-name');
  if (a.kind === 'scalar' && b.kind === 'scalar') return compareScalars(a, b, scalar);
  if (a.kind === 'group' && b.kind === 'group') return compareGroups(a, b, scalar);
  const one = a.kind === 'scalar' ? a : b;
  // Words may well describe a tuple; a number cannot be one.
  return one.kind === 'scalar' && one.value !== null ? different('different-shape') : undecided('not-evaluable');
}

function compareScalars(a: Scalar, b: Scalar, scalar: ScalarComparer): Verdict {
  if (a.text === '' || b.text === '') return different('blank');
  const value = compareValues(a, b, scalar);
  if (value.verdict !== 'equal') return a.unit === b.unit ? value : unequalUnits(a, b, value);
  // Converting between units is left undecided on purpose; nobody votes in two units.
  return a.unit === null || b.unit === null || a.unit === b.unit ? value : different('different-unit');
}

function unequalUnits(a: Scalar, b: Scalar, value: Verdict): Verdict {
  return a.unit !== null && b.unit !== null ? undecided('different-unit') : value;
}

function compareValues(a: Scalar, b: Scalar, scalar: ScalarComparer): Verdict {
  if (a.value !== null && b.value !== null) {
    const same = a.value.p === b.value.p && a.value.q === b.value.q;
    return same ? { verdict: 'equal', reason: 'same' } : different('different-value');
  }
  return a.text === b.text ? { verdict: 'equal', reason: 'same' } : scalar(a.text, b.text);
}

function compareGroups(a: Group, b: Group, scalar: ScalarComparer): Verdict {
  const bare = a.open === '' || b.open === '';
  if (a.open !== b.open || a.close !== b.close)
    return bare ? undecided('different-shape') : different('different-shape');
  if (a.open === '{' || a.open === 'cup') return compareUnordered(a.items, b.items, scalar);
  if (a.items.length !== b.items.length) return bare ? undecided('different-shape') : different('different-shape');
  const ordered = combine(a.items.map((item, at) => compareParsed(item, b.items[at], scalar)));
  if (ordered.verdict !== 'different' || !bare) return ordered;
  // A list without brackets may mean "in any order": not equal, but not surely different either.
  return compareUnordered(a.items, b.items, scalar).verdict === 'different' ? ordered : undecided('order');
}

/** Sets and unions: equal when the parts pair up; {1,1,2} against {1,2} stays undecided. */
function compareUnordered(a: Answer[], b: Answer[], scalar: ScalarComparer): Verdict {
  const left = [...a];
  let unsure = false;
  for (const item of b) {
    const verdicts = left.map((other) => compareParsed(other, item, scalar));
    const at = verdicts.findIndex(({ verdict }) => verdict === 'equal');
    if (at >= 0) left.splice(at, 1);
    else if (
      verdicts.some(({ verdict }) => verdict === 'undecided') ||
      a.some((other) => compareParsed(other, item, needsEvaluation).verdict === 'equal')
    )
      unsure = true;
    else return different('different-value');
  }
  if (!unsure && left.length === 0) return { verdict: 'equal', reason: 'same-parts' };
  const known = left.some((item) => b.every((other) => compareParsed(item, other, scalar).verdict === 'different'));
  return known ? different('different-value') : undecided(unsure ? 'needs-evaluation' : 'order');
}

function combine(parts: Verdict[]): Verdict {
  const unlike =
    parts.find(({ verdict }) => verdict === 'different') ?? parts.find(({ verdict }) => verdict === 'undecided');
  return unlike ?? { verdict: 'equal', reason: 'same-parts' };
}

function different(reason: VerdictReason): Verdict {
  return { verdict: 'different', reason };
}

function undecided(reason: VerdictReason): Verdict {
  return { verdict: 'undecided', reason };
}
