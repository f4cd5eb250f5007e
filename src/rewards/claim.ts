/** Whether a question's majority answer is the one that its Challenger claims; no reward looks at it by default. */

import { compareAnswers } from '../answers/compare/equal.ts';
import type { RunConfig } from '../config/schema.ts';

/** Agreement up to which the gate pays nothing, whatever the majority says (FIDELITY.md, number 3). */
const TOO_FEW = 0.1;

/** What the gate looks at. */
export interface Claim {
  /** What the Challenger boxed; null where it boxed nothing, which the code reads as the text "None". */
  claimed: string | null;
  /** The Solver's majority answer. */
  label: string | null;
  agreement: number;
}

/**
 * Whether the gate lets a question earn its uncertainty. `answer`: the majority equals the claim (what cannot
 * be decided without evaluating counts as different); `last-character`: it is, letter for letter, the claim's
 * last character, to which an index into a text instead of a list came down ("128" to "8", no box to "e").
 */
export function passesClaimGate(
  { claimed, label, agreement }: Claim,
  gate: RunConfig['challenger']['claimGate'],
): boolean {
  if (gate === 'off') return true;
  if (label === null || agreement <= TOO_FEW) return false;
  const answer = claimed ?? 'None';
  if (gate === 'last-character') return label === answer.slice(-1);
  return compareAnswers(label, answer).verdict === 'equal';
}
