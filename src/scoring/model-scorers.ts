/** Scorers that ask a frozen model for log-probabilities. */

import type { Ctl, Example, Sampler, Tokens } from '../engine/engine.ts';
import { toExample } from '../grpo/batch.ts';
import { deriveSeed, Random } from '../random.ts';
import { filledWithLowest, type ResponseGroup, type Scorer } from './scorer.ts';

/** A frozen model: the base, or a snapshot of the Solver. */
export type FrozenModel = Pick<Sampler, 'score'>;

/** Prefers responses that a frozen model finds likely: the mean log-probability of their tokens (nats). */
export function likelihoodScorer(model: FrozenModel, name = 'likelihood'): Scorer {
  return {
    name,
    score: (groups, ctl) => scoreAll(model, groups, (prompt, tokens) => toExample(prompt, tokens), ctl),
  };
}

/**
 * Prefers responses whose positions have sharp distributions under a model: Intuitor's self-certainty (arXiv 2505.19590),
 * the mean over positions of KL(uniform ‖ p) = −log V − (1/V) Σ_v log p(v), in nats. An engine returns one log-probability
 * per position, so the sum is estimated without bias from `draws` tokens that are drawn uniformly; responses of a group
 * share the draws of a position. One scoring pass per draw.
 * @param vocabulary number of tokens V of the model
 */
export function selfCertaintyScorer(
  model: FrozenModel,
  { vocabulary, draws, seed }: { vocabulary: number; draws: number; seed: number },
): Scorer {
  return {
    name: 'self-certainty',
    async score(groups, ctl) {
      const sums = groups.map(({ responses }) => responses.map(() => 0));
      for (let draw = 0; draw < draws; draw++) {
        const exampleOf = (prompt: Tokens, tokens: Tokens, task: string): Example => {
          const random = new Random(deriveSeed(seed, 'self-certainty', draw, task));
          const example = toExample(prompt, tokens);
          const target = example.target.map((token, t) =>
            example.mask[t] === 0 ? token : random.integer(0, vocabulary - 1),
          );
          return { ...example, target };
        };
        const scores = await scoreAll(model, groups, exampleOf, ctl);
        scores.forEach((row, group) => row.forEach((score, at) => (sums[group][at] += score)));
      }
      return sums.map((row) => row.map((sum) => -Math.log(vocabulary) - sum / draws));
    },
  };
}

/** Returns the mean log-probability over the masked targets of each response's example. */
async function scoreAll(
  model: FrozenModel,
  groups: readonly ResponseGroup[],
  exampleOf: (prompt: Tokens, tokens: Tokens, task: string) => Example,
  ctl?: Ctl,
): Promise<number[][]> {
  const examples = groups.flatMap(({ prompt, task, responses }) =>
    responses.map(({ tokens }) => exampleOf(prompt, tokens, task)),
  );
  const logprobs = await model.score(examples, ctl);
  let next = 0;
  return groups.map(({ responses }) =>
    filledWithLowest(
      responses.map(() => {
        const at = next++;
        return maskedMean(logprobs[at], examples[at].mask);
      }),
    ),
  );
}

/** Returns the mean of the values where the mask is 1; null if it is nowhere. */
export function maskedMean(values_T: ArrayLike<number>, mask_T: ArrayLike<number>): number | null {
  let sum = 0;
  let count = 0;
  for (let t = 0; t < mask_T.length; t++) {
    if (mask_T[t] === 0) continue;
    sum += values_T[t];
    count++;
  }
  return count === 0 ? null : sum / count;
}
