/** What a comparison says: three verdicts, each with its reason. Never a bare false. */

/** Why a verdict was given. */
export type VerdictReason =
  /** Same canonical key: same text or same number. */
  | 'same'
  /** The rule that the grader was given decided. */
  | 'own-rule'
  /** Every part was found equal. */
  | 'same-parts'
  /** Both have the same exact normal form. */
  | 'evaluated'
  /** The computer algebra brought their difference to 0. */
  | 'simplified'
  /** They agree to 50 digits wherever they were tried, and are too short to do so by chance. */
  | 'digits'
  | 'different-value'
  | 'different-shape'
  | 'different-name'
  | 'different-unit'
  /** One is empty. */
  | 'blank'
  /** One exceeds a size limit, and they are not the same text. */
  | 'limit'
  /** The same parts in another order. */
  | 'order'
  /** The same parts, not as often: {1,1,2} and {1,2}. */
  | 'multiplicity'
  /** They agree on a part of the real numbers only. */
  | 'domain'
  /** Only evaluating could tell. */
  | 'needs-evaluation'
  /** Only the computer algebra could tell. */
  | 'needs-algebra'
  /** No step could tell. */
  | 'not-evaluable'
  /** The evaluator was stopped at its deadline. */
  | 'timeout'
  /** The evaluator's worker died, out of memory for instance. */
  | 'worker-died'
  | LenientReason;

/** The rule of `mode.ts` that a pair hangs on: equal where it holds, undecided where it does not. */
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
  | 'choice-or-content';

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

/** `verdict`, which holds under a lenient reading: an equality that the rule does not accept is undecided. */
export function under(rule: boolean, reason: LenientReason, verdict: Verdict): Verdict {
  if (verdict.verdict !== 'equal') return verdict.verdict === 'different' ? verdict : undecided(verdict.reason);
  return rule ? equal(reason) : undecided(reason);
}

/** All parts must be equal; one that differs decides, then one that is undecided. */
export function all(parts: readonly Verdict[]): Verdict {
  const unlike =
    parts.find(({ verdict }) => verdict === 'different') ?? parts.find(({ verdict }) => verdict === 'undecided');
  return unlike ?? equal('same-parts');
}
