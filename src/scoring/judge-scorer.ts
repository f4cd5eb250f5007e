/** The scorer that asks an external judge, such as a model behind an OpenAI-compatible endpoint. */

import { type Generator, greedyRequest } from '../generate/generator.ts';
import { comparisonMessages, pairsOf, pointsOf, readComparison, winRates } from './judge-pairs.ts';
import type { Scorer } from './scorer.ts';

/** Settings of the judge. */
export interface JudgeDials {
  /** Comparisons of each response with the next ones of its group, in a circle; 0 = all pairs. */
  opponents: number;
  /** Maximum new tokens per verdict. */
  maxTokens: number;
}

/**
 * Prefers responses that a judge prefers: the share of comparisons that a response wins, 0..1. Every pair is shown in both
 * orders; verdicts that contradict each other, and replies without a verdict, count as a tie.
 * Throws the generator's EngineError.
 */
export function judgeScorer(judge: Generator, { opponents, maxTokens }: JudgeDials): Scorer {
  return {
    name: 'judge',
    async score(groups, ctl) {
      const pairs = groups.map(({ responses }) => pairsOf(responses.length, opponents));
      const requests = groups.flatMap(({ task, responses }, group) =>
        pairs[group].flatMap(({ a, b }) =>
          [
            [a, b],
            [b, a],
          ].map(([first, second]) =>
            greedyRequest(comparisonMessages(task, responses[first].text, responses[second].text), maxTokens),
          ),
        ),
      );
      const replies = requests.length === 0 ? [] : await judge.generate(requests, ctl);
      const verdicts = replies.map(([reply]) => readComparison(reply));
      let next = 0;
      return groups.map(({ responses }, group) => {
        const points = pairs[group].map(() => pointsOf(verdicts[next++], verdicts[next++]));
        return winRates(responses.length, pairs[group], points);
      });
    },
  };
}
