/**
 * Grades mathematical answers: compares the last box of the completion, or another announced answer, with the
 * reference, using this project's answer checker (`src/answers`) in evaluation mode. Exact: a tolerance
 * applies only if the data set defines one.
 */

import { createGrader, type Grader } from '../../answers/grader.ts';
import { extractAnswer } from '../../answers/read/conventions.ts';
import { topLevelSplit } from '../../answers/read/normalize.ts';
import { rationalKey } from '../../answers/read/parse.ts';
import type { EvalItem, Reference } from '../task.ts';
import { finalBoxes } from './boxes.ts';
import type { Grade, Scorer } from './scorer.ts';

/** Creates the answer checker for evaluations. The caller closes it. */
export function evaluationGrader(): Grader {
  return createGrader({ mode: 'evaluation' });
}

export function mathScorer(grader: Grader): Scorer {
  return {
    grade: (completion, item) => gradeMath(grader, completion, item),
    tally: (answers) => grader.tally(answers),
  };
}

async function gradeMath(grader: Grader, completion: string, { reference }: EvalItem): Promise<Grade> {
  const extracted = finalAnswer(completion, reference);
  if (extracted === null) return { extracted, verdict: 'unparsable', reason: 'no answer' };
  let verdict: Grade = { extracted, verdict: 'wrong', reason: 'different' };
  for (const answer of reference.answers) {
    const next = await compare(grader, extracted, answer, reference);
    if (next.verdict === 'right') return { extracted, ...next };
    if (next.verdict === 'undecided' || verdict.reason === 'different') verdict = { extracted, ...next };
  }
  return verdict;
}

/**
 * Returns the last box, otherwise an answer announced in another convention of the benchmarks. Boxes joined by "or" are
 * one answer with alternatives. If the question has several values and the last box has only one, the boxes that are
 * listed with it are combined.
 */
function finalAnswer(completion: string, reference: Reference): string | null {
  const extraction = extractAnswer(completion);
  const { answer: last } = extraction;
  if (last === null || extraction.convention !== 'boxed') return last;
  const { contents, alternatives } = finalBoxes(completion);
  if (contents.length < 2) return last;
  if (reference.unordered === true) return values(last).length > 1 ? last : contents.join(', ');
  return alternatives ? contents.join(' or ') : last;
}

type Outcome = Pick<Grade, 'verdict' | 'reason'>;

async function compare(grader: Grader, given: string, answer: string, reference: Reference): Promise<Outcome> {
  const sets = reference.unordered === true;
  const [left, right] = sets ? [asSet(given), asSet(answer)] : [given, withoutDollars(answer)];
  const plain = await equal(grader, left, right);
  if (plain.verdict === 'right') return plain;
  if (reference.tolerance !== undefined && isNear(given, answer, reference.tolerance)) {
    return { verdict: 'right', reason: 'within the tolerance' };
  }
  if (reference.unit === undefined || sets) return plain;
  const named = await equal(grader, left, `${right} ${unitText(reference.unit)}`);
  return named.verdict === 'right' ? named : plain;
}

async function equal(grader: Grader, a: string, b: string): Promise<Outcome> {
  const { verdict, reason } = await grader.equal(a, b);
  if (verdict === 'equal') return { verdict: 'right', reason };
  return { verdict: verdict === 'different' ? 'wrong' : 'undecided', reason };
}

/** Converts `$69$,$84$` and `69 and 84` to the set of their values. */
function asSet(text: string): string {
  return `\\{${values(text).join(', ')}\\}`;
}

function values(text: string): string[] {
  const bare = withoutDollars(text)
    .replace(/^(?:\\left)?\\\{(.*?)(?:\\right)?\\\}$/s, '$1')
    .replaceAll(/\\text\{\s*(?:and|or)\s*\}|(?<![a-z\\])(?:and|or)(?![a-z])/g, ',');
  return topLevelSplit(bare, ',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Removes LaTeX dollar signs; an escaped one is money. */
function withoutDollars(text: string): string {
  return text.replaceAll(/(?<!\\)\$/g, '').trim();
}

function unitText(unit: string): string {
  const bare = withoutDollars(unit);
  return bare.startsWith('^') || bare === '%' ? bare : `\\text{ ${bare}}`;
}

/** Compares within a tolerance if both are plain numbers; otherwise false. */
function isNear(given: string, answer: string, tolerance: number): boolean {
  const [a, b] = [given, answer].map((text) => numberOf(withoutDollars(text)));
  return a !== null && b !== null && Math.abs(a - b) <= tolerance * (1 + 1e-9);
}

function numberOf(text: string): number | null {
  const key = rationalKey(text.replace(/\\?%$/, '').trim());
  if (key === null) return null;
  const [p, q] = key.split('/').map(Number);
  return p / q;
}
