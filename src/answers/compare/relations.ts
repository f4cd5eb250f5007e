/**
 * Compares equations, inequalities and chains (`x=10/2=5`, `3\sqrt7\approx 7.94`) with each other, with intervals and
 * with values. Their sides are compared in `equal.ts` and by the evaluators.
 */
import type { Context } from './context.ts';
import type { Answer, Relation } from '../read/answer.ts';
import { isName } from '../read/names.ts';
import { parseAnswer } from '../read/parse.ts';
import { intervalOf, relationOf, type Sides, upwards } from '../read/relation.ts';
import { all, equal, undecided, under, type Verdict } from '../verdict.ts';

/** Compares two answers of which at least one is a relation, or both are formulas with a name. */
export function compareRelations(a: Answer, b: Answer, context: Context): Verdict {
  const [one, other] = [a, b].map((answer) => (answer.kind === 'relation' ? chainOf(answer) : null));
  if (one !== null && other !== null) return compareChains(one, other, context);
  if (one !== null) return compareChain(one, b, context);
  if (other !== null) return compareChain(other, a, context);
  const [left, right] = [equationOf(a), equationOf(b)];
  if (left !== null && right !== null) {
    if (left[0] === right[1] && left[1] === right[0]) return equal('same-parts');
    return context.comparer.equations(left, right);
  }
  if (a.kind === 'relation' && b.kind === 'relation') return compareSides(upwards(a), upwards(b), context);
  return a.kind === 'relation' ? compareWithSet(a, b, context) : compareWithSet(b as Relation, a, context);
}

/** Compares an inequality with an interval, a union or any other answer that is no relation. */
function compareWithSet(relation: Relation, other: Answer, context: Context): Verdict {
  const { rules, compare } = context;
  const interval = intervalOf(relation);
  if (interval !== null)
    return under(rules.inequalityAsInterval, 'inequality-or-interval', compare(parseAnswer(interval), other));
  const solved = other.kind === 'group' ? relationOf(relation, other) : null;
  if (solved === null) return undecided('not-evaluable');
  const verdict = compareSides(upwards(relation), solved, context);
  return under(rules.inequalityAsInterval && rules.scaledEquation, 'inequality-or-interval', verdict);
}

/** The value that a chain of equal signs ends in, and the decimals after its `≈`. */
interface Chain {
  value: Answer;
  decimals: Answer[];
  /** More than one side is left out, apart from the name. */
  isLong: boolean;
}

/** Returns the value of x=10/2=5, 10/2=5 or x=√2≈1.41. Null for an equation, or if a sign is no `=` or `≈`. */
function chainOf({ sides, signs }: Relation): Chain | null {
  if (!signs.every((sign) => sign === '=' || sign === '\\approx')) return null;
  const named = isName(sides[0]) && !(signs.length === 1 && signs[0] === '=');
  const first = signs.indexOf('\\approx');
  const last = first < 0 ? sides.length - 1 : first;
  // With one `=`, only a calculation is a chain: 2x=6 is an equation.
  if (signs.length === 1 && signs[0] === '=' && !sides.every(isCalculation)) return null;
  const value = sides[last === 0 && named && sides.length > 1 ? 1 : last];
  const decimals = first < 0 ? [] : sides.slice(first + 1).map((side) => parseAnswer(side));
  // Words are no value, and "7.94 (incorrect)" is no decimal.
  if (first >= 0 && /[A-Za-z]{3}/.test(value.replace(/\\[A-Za-z]+/g, ' '))) return null;
  if (!decimals.every((decimal) => decimal.kind !== 'scalar' || decimal.value !== null)) return null;
  return {
    value: parseAnswer(named && last > 0 ? `${sides[0]}=${value}` : value),
    decimals,
    isLong: last > (named ? 1 : 0),
  };
}

/** Returns whether a side contains no unknown: digits, commands and signs only, with all bars closed. */
function isCalculation(side: string): boolean {
  return /\d/.test(side) && !/(?<![\\A-Za-z])[A-Za-z]/.test(side) && side.split('|').length % 2 === 1;
}

function compareChain({ value, decimals, isLong }: Chain, other: Answer, context: Context): Verdict {
  const { rules, compare } = context;
  const exact = compare(value, other);
  if (exact.verdict === 'equal' && decimals.length === 0) return under(rules.lastOfChain, 'chain', exact);
  if (exact.verdict === 'equal')
    return under(rules.approximate && (rules.lastOfChain || !isLong), 'approximate', exact);
  const rounded = decimals.find((decimal) => compare(decimal, other).verdict === 'equal');
  if (rounded !== undefined) return under(rules.approximate, 'approximate', equal('same'));
  return exact;
}

function compareChains(a: Chain, b: Chain, { rules, compare }: Context): Verdict {
  const same = compare(a.value, b.value);
  return same.verdict === 'equal' ? under(rules.lastOfChain, 'chain', same) : same;
}

function compareSides(a: Sides, b: Sides, { compare, comparer }: Context): Verdict {
  if (a.signs.join() !== b.signs.join()) return undecided('different-shape');
  const same = all(a.sides.map((side, at) => compare(parseAnswer(side), parseAnswer(b.sides[at]))));
  if (same.verdict === 'equal') return same;
  // 2x<6 can still be equal to x<3.
  return comparer.inequalities(a, b);
}

/** Returns the sides of an equation or of a named formula; null for everything else. */
function equationOf(answer: Answer): [string, string] | null {
  if (answer.kind === 'relation')
    return answer.signs.length === 1 && answer.signs[0] === '=' ? [answer.sides[0], answer.sides[1]] : null;
  return answer.kind === 'scalar' && answer.name !== null ? [answer.name, answer.text] : null;
}
