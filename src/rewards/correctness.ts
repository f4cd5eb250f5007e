/** The Solver's reward. */

import type { Reward } from './challenger.ts';

/** 1 if the attempt's answer equals the label, else 0 (R-Zero, section 3.3); one part, `correct`. */
export function solverReward(correct: boolean): Reward {
  const reward = correct ? 1 : 0;
  return { reward, parts: { correct: reward } };
}
