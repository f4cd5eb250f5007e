/** The Solver's reward (R-Zero, section 3.3). */

import type { RunConfig } from '../config/schema.ts';
import type { AmongPeers, TokenMeans } from './label-free/evidence.ts';
import { labelFreeRewards } from './label-free/label-free.ts';
import type { Reward, RewardBatch, RewardFunction } from './reward.ts';

/** One attempt of the Solver in training. */
export interface SolverAttempt {
  /** Attempts with the same number answer the same question. Advantages are computed within a group. */
  group: number;
  question: string;
  /** The answer to reach; null if unknown. */
  label: string | null;
  completion: string;
  /** Extracted answer; null if there is none. */
  answer: string | null;
  /** Whether the answer equals the label. */
  correct: boolean;
  /** Text with which the prompt already began the answer, e.g. `<think>`; absent or empty: none. */
  opening?: string;
  /** The attempt among those at the same question; present if `solver.reward` needs it. */
  peers?: AmongPeers;
  /** Means over its tokens; present if `solver.reward` needs them. */
  means?: TokenMeans;
  /** The Verifier's score, 0..1; present in an iteration in which it pays (`solver.verifierWeight`). */
  verdict?: number;
}

/** Reward function of the Solver. */
export type SolverReward = RewardFunction<RewardBatch<SolverAttempt>>;

/**
 * Computes R-Zero's Solver reward: `solverReward` of every attempt; or the label-free one that `solver.reward` names. A
 * Verifier that pays has a share of it.
 */
export function defaultSolverReward({ items, config }: RewardBatch<SolverAttempt>): Reward[] {
  return rewardsOf(items, config.solver).map((reward, at) => withVerdict(reward, items[at].verdict, config.solver));
}

/**
 * Returns `(1 - w) reward + w verdict` with `verifierWeight` w, and the part `verdict`; the reward itself without a verdict.
 */
export function withVerdict(
  { reward, parts, ...rest }: Reward,
  verdict: number | undefined,
  { verifierWeight: w }: Pick<RunConfig['solver'], 'verifierWeight'>,
): Reward {
  if (verdict === undefined) return { reward, parts, ...rest };
  return { reward: (1 - w) * reward + w * verdict, parts: { ...parts, verdict }, ...rest };
}

function rewardsOf(items: readonly SolverAttempt[], dials: RunConfig['solver']): Reward[] {
  const { reward: name } = dials;
  if (name !== 'label') return labelFreeRewards(name, items, dials);
  return items.map(({ correct, completion, opening }) =>
    solverReward({ correct, text: wholeAnswer(completion, opening) }, dials),
  );
}

/**
 * Returns 1 if the attempt's answer equals the label, else 0 (R-Zero, section 3.3). With a `thinkWeight` w, returns
 * `(1 - w) correct + w think`, where `think` is 1 if `hasThinkForm` accepts the attempt (R-Zero's code: w = 0.1;
 * FIDELITY.md, number 6). Parts: `correct`, and `think` if w is not 0.
 */
export function solverReward(
  attempt: { correct: boolean; text: string },
  { thinkWeight }: Pick<RunConfig['solver'], 'thinkWeight'>,
): Reward {
  const correct = attempt.correct ? 1 : 0;
  if (thinkWeight === 0) return { reward: correct, parts: { correct } };
  const think = hasThinkForm(attempt.text) ? 1 : 0;
  return { reward: (1 - thinkWeight) * correct + thinkWeight * think, parts: { correct, think } };
}

/**
 * Returns the answer with the beginning that the chat template wrote, so that thinking that the template opens counts.
 * A template that also closes it leaves no room for thinking, so its beginning does not count.
 */
function wholeAnswer(completion: string, opening = ''): string {
  return opening.includes('</think>') ? completion : opening + completion;
}

/** Returns whether the whole text is `<think>…</think>…\boxed{…}…`. Ignores white space around `<`, `>` and `/`. */
export function hasThinkForm(text: string): boolean {
  const clean = text
    .split(/([<>/])/)
    .map((piece) => piece.trim())
    .join('');
  if (!clean.startsWith('<think>')) return false;
  const end = clean.indexOf('</think>');
  const box = end === -1 ? -1 : clean.indexOf('\\boxed{', end);
  return box !== -1 && clean.includes('}', box);
}
