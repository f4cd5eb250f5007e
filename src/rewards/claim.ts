/** The claim gate: compares the Solver's majority answer with the Challenger's claimed answer. Off by default. */

import { compareAnswers } from '../answers/compare/equal.ts';
import type { RunConfig } from '../config/schema.ts';

/** Agreement up to which the gate rejects every question (FIDELITY.md, number 3). */
const TOO_FEW = 0.1;

/** Inputs of the gate. */
export interface Claim {
  /** The Challenger's boxed answer; null without a box, which R-Zero's code reads as the text "None". */
  claimed: string | null;
  /** The Solver's majority answer. */
  label: string | null;
  agreement: number;
}

/**
 * Returns whether a question earns its uncertainty. `answer`: the majority answer equals the claim; a pair that cannot
 * be decided without evaluation counts as different. `last-character`: the majority answer is exactly the last
 * character of the claim ("8" for "128", "e" without a box). R-Zero's code does this because it indexes a string instead
 * of a list.
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
