/**
 * Balances the evidence of every question: as many attempts presumed right as wrong, with equal total weight. A Verifier
 * that always says the same thing, or looks at the question alone, then gains nothing. Pure.
 */

import { deriveSeed, Random } from '../../random.ts';
import {
  corruptedEvidence,
  type Evidence,
  type EvidenceSource,
  mismatchedEvidence,
  type RankedQuestion,
  votedEvidence,
} from './evidence.ts';

/**
 * Returns the balanced evidence of all questions, with up to `pairs` attempts on each side of a question. Questions that
 * have only one side are left out. It depends on its arguments alone.
 */
export function balancedEvidence(
  questions: readonly RankedQuestion[],
  { pairs, seed }: { pairs: number; seed: number },
): Evidence[] {
  const voted = questions.map((question) => ({ question, evidence: votedEvidence(question) }));
  const rights = voted.flatMap(({ question: { label }, evidence }) => {
    const right = evidence.find(({ isRight }) => isRight);
    return right === undefined ? [] : [{ label, right }];
  });
  return voted.flatMap(({ question, evidence }) => {
    const random = new Random(deriveSeed(seed, 'evidence', question.id));
    const right = random.shuffle(distinct(evidence.filter(({ isRight }) => isRight))).slice(0, pairs);
    const made = right.flatMap((one) => {
      const mismatch = mismatchedEvidence(one, question.label, rights, random);
      return [...corruptedEvidence(one, random), ...(mismatch === null ? [] : [mismatch])];
    });
    // What the votes presume right is not wrong as well: a changed attempt may equal another one.
    const known = new Set(evidence.filter(({ isRight }) => isRight).map(textOf));
    const others = [...evidence.filter(({ isRight }) => !isRight), ...made].filter((one) => !known.has(textOf(one)));
    const wrong = inTurns(distinct(others));
    const size = Math.min(right.length, wrong.length);
    return [...weighed(right.slice(0, size)), ...weighed(wrong.slice(0, size))];
  });
}

/** Takes from every source in turn, so that the votes, every corruption and mismatches all take part. */
function inTurns(evidence: readonly Evidence[]): Evidence[] {
  const queues = new Map<EvidenceSource, Evidence[]>();
  for (const one of evidence) queues.set(one.source, [...(queues.get(one.source) ?? []), one]);
  const longest = Math.max(0, ...[...queues.values()].map((queue) => queue.length));
  return Array.from({ length: longest }, (_, turn) =>
    [...queues.values()].flatMap((queue) => queue.slice(turn, turn + 1)),
  ).flat();
}

/** Leaves out attempts that repeat the words of an earlier one at the same words of the question. */
function distinct(evidence: readonly Evidence[]): Evidence[] {
  const seen = new Set<string>();
  return evidence.filter((one) => {
    const key = textOf(one);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Returns what the Verifier reads. */
function textOf({ question, attempt }: Evidence): string {
  return JSON.stringify([question, attempt]);
}

/** Scales the weights of one side to a total of one half. A side without any trust has equal weights. */
function weighed(side: readonly Evidence[]): Evidence[] {
  const total = side.reduce((sum, { weight }) => sum + weight, 0);
  return side.map((one) => ({ ...one, weight: total === 0 ? 0.5 / side.length : 0.5 * (one.weight / total) }));
}
