/**
 * Rewards of the Solver that use no label, for comparison with R-Zero's (`solver.reward`). Each is a published method in
 * its simplest form; `labels` of the run then only choose the questions. They are known to sharpen what the model
 * already believes, so they may rise while accuracy falls.
 */

import type { RunConfig } from '../../config/schema.ts';
import type { SolverAttempt } from '../correctness.ts';
import type { Reward } from '../reward.ts';
import { meanOverlaps } from '../../text/overlap.ts';
import type { Need } from './evidence.ts';
import { restrainReward } from './restrain.ts';

/** The name of a reward in `solver.reward`. */
export type SolverRewardName = RunConfig['solver']['reward'];
/** The name of a reward that uses no label. */
export type LabelFreeName = Exclude<SolverRewardName, 'label'>;

type Dials = Pick<RunConfig['solver'], 'restrainBelow' | 'restrainPenalty'>;

interface LabelFree {
  needs: Need | null;
  /** Returns the rewards of one group, in order. */
  rewards(items_G: readonly SolverAttempt[], dials: Dials): Reward[];
}

const NO_PEERS = { share: 0, majorityShare: 0, inMajority: false };

const LABEL_FREE: Record<LabelFreeName, LabelFree> = {
  // TTRL (arXiv 2504.16084): 1 for the majority answer of the group.
  majority: {
    needs: 'peers',
    rewards: (items_G) => items_G.map(({ peers }) => one('majority', peers?.inMajority === true ? 1 : 0)),
  },
  // Intuitor (arXiv 2505.19590): mean over tokens of KL(uniform ‖ policy).
  'self-certainty': {
    needs: 'distributions',
    rewards: (items_G) => items_G.map(({ means }) => one('self_certainty', means?.certainty ?? 0)),
  },
  // RENT (arXiv 2505.22660): minus the mean entropy of the tokens.
  entropy: {
    needs: 'distributions',
    rewards: (items_G) => items_G.map(({ means }) => one('negative_entropy', -(means?.entropy ?? 0))),
  },
  // Mean log-probability of the tokens under the frozen base model.
  likelihood: {
    needs: 'base',
    rewards: (items_G) => items_G.map(({ means }) => one('likelihood', means?.baseLogprob ?? 0)),
  },
  // Similarity of the texts of a group.
  consensus: {
    needs: null,
    rewards: (items_G) =>
      meanOverlaps(items_G.map(({ completion }) => completion)).map((value) => one('consensus', value)),
  },
  // RESTRAIN (arXiv 2510.02172).
  restrain: {
    needs: 'peers',
    rewards: (items_G, dials) => items_G.map(({ peers = NO_PEERS }) => restrainReward(peers, dials)),
  },
};

/** Returns what a reward must know of the attempts besides their text; null for nothing. */
export function needOf(name: SolverRewardName): Need | null {
  return name === 'label' ? null : LABEL_FREE[name].needs;
}

/** Computes the rewards of all attempts, group by group; in order. */
export function labelFreeRewards(name: LabelFreeName, items: readonly SolverAttempt[], dials: Dials): Reward[] {
  const groups = new Map<number, number[]>();
  items.forEach(({ group }, at) => groups.set(group, [...(groups.get(group) ?? []), at]));
  const rewards: Reward[] = [];
  for (const members of groups.values()) {
    const found = LABEL_FREE[name].rewards(
      members.map((at) => items[at]),
      dials,
    );
    members.forEach((at, index) => (rewards[at] = found[index]));
  }
  return rewards;
}

function one(name: string, value: number): Reward {
  return { reward: value, parts: { [name]: value } };
}
