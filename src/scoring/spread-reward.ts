/** The Challenger's reward for open tasks whose responses differ in their scores. Pure. */

import type { RunConfig } from '../config/schema.ts';
import { type RepetitionDials, repetitionPenalties } from '../rewards/repetition.ts';
import type { Reward } from '../rewards/reward.ts';

/** A posed task. */
export interface SpreadTask {
  text: string;
  /** Spread of the scores of its responses (`spreads`); null if the completion has no usable task. */
  spread: number | null;
}

/** The settings of the reward. */
export type SpreadRewardDials = RepetitionDials & Pick<RunConfig['challenger'], 'floorAtZero'>;

/**
 * Computes the rewards of all tasks of one step, in order: the spread minus the repetition penalty, in the place of the
 * uncertainty of R-Zero's reward. With `floorAtZero`, a reward is at least 0, and 0 for an invalid task; without it, an
 * invalid one gets -1 minus the penalty.
 *
 * Parts: `spread` (0 if invalid), `repetition` (the penalty, >= 0), `format` (1 if valid, else 0).
 */
export function spreadRewards(tasks_P: readonly SpreadTask[], settings: SpreadRewardDials): Reward[] {
  const penalties_P = repetitionPenalties(
    tasks_P.map(({ text, spread }) => (spread === null ? '' : text)),
    settings,
  );
  return tasks_P.map(({ spread }, at) => {
    const parts = { spread: spread ?? 0, repetition: penalties_P[at], format: spread === null ? 0 : 1 };
    const earned = (spread ?? -1) - penalties_P[at];
    const floored = spread === null ? 0 : Math.max(0, earned);
    return { reward: settings.floorAtZero ? floored : earned, parts };
  });
}
