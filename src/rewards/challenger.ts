/**
 * The Challenger's reward: uncertain to the Solver, unlike the rest of the batch, well-formed. Pure:
 * votes come in as agreements, and nothing here samples, parses or knows the truth (an oracle only
 * audits labels). Its terms are `uncertainty.ts`, `repetition.ts` and `claim.ts`; the Solver's reward is
 * `correctness.ts`. To add a term, compute it here, name it in `parts`, and give it a weight in the config.
 */

import type { RunConfig } from '../config/schema.ts';
import type { InvalidReason } from '../types.ts';
import { type Claim, passesClaimGate } from './claim.ts';
import { repetitionPenalties, type RepetitionDials } from './repetition.ts';
import { uncertainty } from './uncertainty.ts';

/** A reward and the named numbers it was made of. */
export interface Reward {
  reward: number;
  parts: Record<string, number>;
}

/** What the reward must know of a posed question: its text, and what became of it. */
export interface PosedQuestion extends Claim {
  text: string;
  invalid: InvalidReason | null;
  /** Agreement of the Solver's votes, 0..1 over all attempts; not read where the question is invalid. */
  agreement: number;
}

/** The Challenger's dials for its reward. */
export type ChallengerRewardDials = RepetitionDials &
  Pick<RunConfig['challenger'], 'uncertainty' | 'floorAtZero' | 'claimGate'>;

/**
 * Rewards of all the questions of one step, in order (FIDELITY.md, numbers 1 and 2). With `floorAtZero` (paper) an
 * invalid question earns 0, a valid one `max(0, uncertainty - repetition)`; without (code) it is
 * `uncertainty - repetition`, with -1 in the place of an invalid question's uncertainty.
 * Parts: `uncertainty` (0 where invalid or held back by the gate), `repetition` (the penalty, not negative),
 * `format` (1 valid, 0 not), `claim` (1 where the gate lets it pass) where there is a gate, and `memory` where
 * `memory_P` is given: penalties for earlier iterations' questions, taken off as repetition is.
 */
export function challengerRewards(
  questions_P: readonly PosedQuestion[],
  dials: ChallengerRewardDials,
  memory_P?: ArrayLike<number>,
): Reward[] {
  const penalties_P = repetitionPenalties(
    questions_P.map((question) => (question.invalid === null ? question.text : '')),
    dials,
  );
  return questions_P.map((question, i) => {
    const valid = question.invalid === null;
    const claim = valid && passesClaimGate(question, dials.claimGate);
    const parts = {
      uncertainty: claim ? uncertainty(question.agreement, dials.uncertainty) : 0,
      repetition: penalties_P[i],
      format: valid ? 1 : 0,
      ...(dials.claimGate === 'off' ? {} : { claim: claim ? 1 : 0 }),
    };
    if (memory_P === undefined) return { reward: compose(parts, valid, dials.floorAtZero), parts };
    const charged = { ...parts, repetition: parts.repetition + memory_P[i] };
    return { reward: compose(charged, valid, dials.floorAtZero), parts: { ...parts, memory: memory_P[i] } };
  });
}

function compose(parts: { uncertainty: number; repetition: number }, valid: boolean, floorAtZero: boolean): number {
  if (!floorAtZero) return (valid ? parts.uncertainty : -1) - parts.repetition;
  return valid ? Math.max(0, parts.uncertainty - parts.repetition) : 0;
}
