/** `rzero/rewards`: the reward of each role, and the building blocks for your own. */

export { clusterShares, type ClusterShares } from '../text/repetition.ts';
export {
  type ChallengerBatch,
  type ChallengerReward,
  type ChallengerRewardDials,
  challengerRewards,
  defaultChallengerReward,
  type PosedItem,
  type PosedQuestion,
} from './challenger.ts';
export { type Claim, passesClaimGate } from './claim.ts';
export {
  defaultSolverReward,
  hasThinkForm,
  type SolverAttempt,
  type SolverReward,
  solverReward,
} from './correctness.ts';
export { meanOverlaps as consensus } from '../text/overlap.ts';
export type { AmongPeers, TokenMeans } from './label-free/evidence.ts';
export { memoryPenalties, type RepetitionDials, repetitionPenalties } from './repetition.ts';
export { addPart, type Reward, type RewardBatch, type RewardFunction } from './reward.ts';
export type { Rewards } from './rewards.ts';
export { learnability, uncertainty } from './uncertainty.ts';
