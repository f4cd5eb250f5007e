/** What label-free rewards know of an attempt besides its text. The Solver's stage collects it; no label is used. */

/** An attempt among the attempts at the same question. */
export interface AmongPeers {
  /** Share of the group's attempts with the same answer, itself included, 0..1; 0 without an answer. */
  share: number;
  /** Share of the group's majority answer, 0..1; 0 if no attempt has an answer. */
  majorityShare: number;
  /** Whether the attempt gives the majority answer. */
  inMajority: boolean;
}

/** Means over the tokens of an attempt, in nats per token; 0 for an attempt without tokens. */
export interface TokenMeans {
  /** Entropy of the policy that sampled it. */
  entropy?: number;
  /** KL(uniform ‖ policy). */
  certainty?: number;
  /** Log-probability of its tokens under the base model. */
  baseLogprob?: number;
}

/** Evidence that a reward needs. */
export type Need = 'peers' | 'distributions' | 'base';
