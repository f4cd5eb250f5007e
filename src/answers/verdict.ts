/**
 * The result of a comparison: one of three verdicts, always with a reason. The comparison itself is in
 * `compare/`.
 */

/** Reason of a verdict. */
export type VerdictReason =
  /** The rule that the grader was given decided. */
  | 'own-rule'
  /** Same canonical key: same text or same number. */
  | 'same'
  /** All parts are equal. */
  | 'same-parts'
  /** Both have the same exact normal form. */
  | 'evaluated'
  /** Computer algebra simplified their difference to 0. */
  | 'simplified'
  /** They agree to 80 digits at all tested points, and are too short to do so by chance. */
  | 'digits'
  | 'different-value'
  | 'different-shape'
  | 'different-name'
  | 'different-unit'
  /** One of them is empty. */
  | 'blank'
  /** One exceeds a size limit, and they are not the same text. */
  | 'limit'
  /** The same parts in a different order. */
  | 'order'
  /** The same parts with different counts: {1,1,2} and {1,2}. */
  | 'multiplicity'
  /** They agree only on a part of the real numbers. */
  | 'domain'
  /** Equal as ratios, but one of them may be a time. */
  | 'ratio-or-time'
  /** Only evaluation could decide. */
  | 'needs-evaluation'
  /** Only computer algebra could decide. */
  | 'needs-algebra'
  /** No step could decide. */
  | 'not-evaluable'
  /** The evaluator was stopped at its deadline. */
  | 'timeout'
  /** The evaluator's worker died, for instance out of memory. */
  | 'worker-died'
  | LenientReason;

/** The rule of `mode.ts` that decides the pair: equal if the rule is true, undecided otherwise. */
export type LenientReason =
  | 'cancelled'
  | 'percent'
  | 'missing-name'
  | 'brackets'
  | 'scaled-equation'
  | 'inequality-or-interval'
  | 'wording'
  | 'chain'
  | 'approximate'
  | 'ratio-or-fraction'
  | 'choice-or-content'
  | 'decimal-comma';

export interface Verdict {
  verdict: 'equal' | 'different' | 'undecided';
  reason: VerdictReason;
}

export function equal(reason: VerdictReason): Verdict {
  return { verdict: 'equal', reason };
}

export function different(reason: VerdictReason): Verdict {
  return { verdict: 'different', reason };
}

export function undecided(reason: VerdictReason): Verdict {
  return { verdict: 'undecided', reason };
}

/** Applies a lenient rule to `verdict`: an equality that the rule does not accept becomes undecided. */
export function under(rule: boolean, reason: LenientReason, verdict: Verdict): Verdict {
  if (verdict.verdict !== 'equal') return verdict.verdict === 'different' ? verdict : undecided(verdict.reason);
  return rule ? equal(reason) : undecided(reason);
}

/** Combines the verdicts of parts. A different part decides first, then an undecided one; otherwise equal. */
export function all(parts: readonly Verdict[]): Verdict {
  const unlike =
    parts.find(({ verdict }) => verdict === 'different') ?? parts.find(({ verdict }) => verdict === 'undecided');
  return unlike ?? equal('same-parts');
}
