/** Scorers that ask no model. */

import { deriveSeed, Random } from '../random.ts';
import { meanOverlaps } from '../text/overlap.ts';
import type { ScoredResponse, Scorer } from './scorer.ts';
import { filledWithLowest } from './scorer.ts';

/** Prefers responses that resemble the others of their group: the mean bigram overlap with them, 0..1. */
export const consensus: Scorer = {
  name: 'consensus',
  score: async (groups) => groups.map(({ responses }) => meanOverlaps(responses.map(({ text }) => text))),
};

/**
 * Prefers responses that the policy was sure of: the mean log-probability of the tokens under the policy that wrote them
 * (nats). Each token's log-probability estimates minus the entropy of its position without bias, so this is RENT's reward
 * (minus the mean entropy of the tokens) with one sample per position.
 */
export const entropy: Scorer = {
  name: 'entropy',
  score: async (groups) => groups.map(({ responses }) => filledWithLowest(responses.map(meanLogprob))),
};

function meanLogprob({ logprobs }: ScoredResponse): number | null {
  return logprobs.length === 0 ? null : Array.from(logprobs).reduce((sum, one) => sum + one, 0) / logprobs.length;
}

/** The control: a number in 0..1 by chance, the same for equal responses to a task. */
export function randomScorer(seed: number): Scorer {
  return {
    name: 'random',
    score: async (groups) =>
      groups.map(({ task, responses }) =>
        responses.map(({ text }) => new Random(deriveSeed(seed, 'random-score', task, text)).next()),
      ),
  };
}
