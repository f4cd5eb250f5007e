/**
 * The Challenger's reward: uncertain to the Solver, unlike the rest of the batch, well-formed. Pure:
 * votes come in as agreements, and nothing here samples, parses or knows the truth (an oracle only
 * audits labels). Its terms are `uncertainty.ts` and `repetition.ts`; the Solver's reward is
 * `correctness.ts`. To add a term, compute it here, name it in `parts`, and give it a weight in the config.
 */

import type { RunConfig } from '../config/schema.ts';
import type { InvalidReason } from '../types.ts';
import { repetitionPenalties, type RepetitionDials } from './repetition.ts';
import { uncertainty } from './uncertainty.ts';

/** A reward and the named numbers it was made of. */
export interface Reward {
  reward: number;
  parts: Record<string, number>;
}

/** What the reward must know of a posed question. */
export interface PosedQuestion {
  text: string;
  invalid: InvalidReason | null;
  /** Agreement of the Solver's votes, 0..1 over all attempts; not read where the question is invalid. */
  agreement: number;
}

/** The Challenger's dials for its reward. */
export type ChallengerRewardDials = RepetitionDials & Pick<RunConfig['challenger'], 'uncertainty'>;

/**
 * Rewards of all the questions of one step, in order. `uncertainty` names the variant (r-zero spec 1.10):
 * `paper`: an invalid question earns 0, a valid one `max(0, uncertainty - repetition)`;
 * `repo`: `uncertainty - repetition`, with -1 in the place of an invalid question's uncertainty, unclipped.
 * Parts: `uncertainty` (0 where invalid), `repetition` (the penalty, not negative), `format` (1 valid, 0 not),
 * and `memory` where `memory_P` is given: penalties for earlier iterations' questions, taken off as repetition is.
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
  return questions_P.map(({ invalid, agreement }, i) => {
    const valid = invalid === null;
    const parts = {
      uncertainty: valid ? uncertainty(agreement, dials.uncertainty) : 0,
      repetition: penalties_P[i],
      format: valid ? 1 : 0,
    };
    if (memory_P === undefined) return { reward: compose(parts, valid, dials.uncertainty), parts };
    const charged = { ...parts, repetition: parts.repetition + memory_P[i] };
    return { reward: compose(charged, valid, dials.uncertainty), parts: { ...parts, memory: memory_P[i] } };
  });
}

function compose(
  parts: { uncertainty: number; repetition: number },
  valid: boolean,
  variant: ChallengerRewardDials['uncertainty'],
): number {
  if (variant === 'repo') return (valid ? parts.uncertainty : -1) - parts.repetition;
  return valid ? Math.max(0, parts.uncertainty - parts.repetition) : 0;
}
