/**
 * The Challenger's reward (R-Zero, section 3.2): for questions that the Solver is uncertain about, that differ from the
 * rest of the batch, and that are well-formed. Pure: it receives agreements, does not sample or parse, and does not use
 * the truth. Its terms are in `uncertainty.ts`, `repetition.ts` and `claim.ts`. To add your own term, see `reward.ts`.
 */

import type { RunConfig } from '../config/schema.ts';
import type { InvalidReason } from '../types.ts';
import { type Claim, passesClaimGate } from './claim.ts';
import { memoryPenalties, repetitionPenalties, type RepetitionDials } from './repetition.ts';
import type { Reward, RewardBatch, RewardFunction } from './reward.ts';
import { uncertainty } from './uncertainty.ts';

/** A posed question, as the reward formula needs it. */
export interface PosedQuestion extends Claim {
  text: string;
  invalid: InvalidReason | null;
  /** Agreement of the Solver's votes, 0..1 over all attempts; ignored for invalid questions. */
  agreement: number;
  /**
   * Whether the votes on its own words and those on its other wordings have the same majority; null if it has no other
   * wordings, absent if none were asked (`votes.views`).
   */
  viewsAgree?: boolean | null;
}

/** A question of a training step, as a reward function receives it. */
export interface PosedItem extends PosedQuestion {
  /** The Challenger's whole completion. */
  completion: string;
}

/** All questions of one training step, with the Solver's votes on them. */
export interface ChallengerBatch extends RewardBatch<PosedItem> {
  /** Texts of the pools of all earlier iterations; read from the store when called. */
  earlierTexts(): readonly string[];
}

/** Reward function of the Challenger. */
export type ChallengerReward = RewardFunction<ChallengerBatch>;

/** Computes R-Zero's Challenger reward. If `memory.weight` is not 0, it also penalizes questions of earlier iterations. */
export function defaultChallengerReward({ items, config, earlierTexts }: ChallengerBatch): Reward[] {
  const { challenger, memory } = config;
  if (memory.weight === 0) return challengerRewards(items, challenger);
  return challengerRewards(items, challenger, memoryPenalties(items, earlierTexts(), memory));
}

/** The settings of the Challenger's reward. */
export type ChallengerRewardDials = RepetitionDials &
  Pick<RunConfig['challenger'], 'uncertainty' | 'floorAtZero' | 'claimGate'> &
  Partial<Pick<RunConfig['challenger'], 'viewsAgree'>>;

/**
 * Computes the rewards of all questions of one step, in order (R-Zero, section 3.2; FIDELITY.md, numbers 1 and 2).
 * With `floorAtZero` (as in the paper), a valid question gets `max(0, uncertainty - repetition)` and an invalid one 0.
 * Without it (as in R-Zero's code), the reward is `uncertainty - repetition`, with -1 as the uncertainty of an invalid
 * question.
 *
 * Parts: `uncertainty` (0 if invalid or rejected by the gate), `repetition` (the penalty, ≥ 0), `format` (1 if valid,
 * else 0), `claim` (1 if the gate accepts it; only with a gate), `views` (0 if its wordings have different majorities; only
 * with `viewsAgree`), and `memory` (only with `memory_P`).
 * @param memory_P penalties for questions of earlier iterations, subtracted like `repetition`
 */
export function challengerRewards(
  questions_P: readonly PosedQuestion[],
  settings: ChallengerRewardDials,
  memory_P?: ArrayLike<number>,
): Reward[] {
  const penalties_P = repetitionPenalties(
    questions_P.map((question) => (question.invalid === null ? question.text : '')),
    settings,
  );
  return questions_P.map((question, i) => {
    const valid = question.invalid === null;
    const claim = valid && passesClaimGate(question, settings.claimGate);
    const agree = valid && question.viewsAgree !== false;
    const earns = claim && (agree || settings.viewsAgree !== true);
    const parts = {
      uncertainty: earns ? uncertainty(question.agreement, settings.uncertainty) : 0,
      repetition: penalties_P[i],
      format: valid ? 1 : 0,
      ...(settings.claimGate === 'off' ? {} : { claim: claim ? 1 : 0 }),
      ...(settings.viewsAgree === true ? { views: agree ? 1 : 0 } : {}),
    };
    if (memory_P === undefined) return { reward: compose(parts, valid, settings.floorAtZero), parts };
    const charged = { ...parts, repetition: parts.repetition + memory_P[i] };
    return { reward: compose(charged, valid, settings.floorAtZero), parts: { ...parts, memory: memory_P[i] } };
  });
}

function compose(parts: { uncertainty: number; repetition: number }, valid: boolean, floorAtZero: boolean): number {
  if (!floorAtZero) return (valid ? parts.uncertainty : -1) - parts.repetition;
  return valid ? Math.max(0, parts.uncertainty - parts.repetition) : 0;
}
