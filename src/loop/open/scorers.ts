/** The scorers of a run on an open domain: opens the models and the judge that they ask, and asks them one after the other. */

import type { Ctl, Sampler } from '../../engine/engine.ts';
import { endpointAt } from '../run/open-judge.ts';
import { deriveSeed } from '../../random.ts';
import { judgeScorer } from '../../scoring/judge-scorer.ts';
import type { MixedScore, WeightedScores } from '../../scoring/mixture.ts';
import { mixScores } from '../../scoring/mixture.ts';
import { likelihoodScorer, selfCertaintyScorer } from '../../scoring/model-scorers.ts';
import { type ResponseGroup, type Scorer, scoresOf } from '../../scoring/scorer.ts';
import { consensus, entropy, randomScorer } from '../../scoring/text-scorers.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { RunContext } from '../context.ts';
import { openOnce } from '../open-once.ts';
import { textsOf } from './responses.ts';

/** What scoring uses of a run. */
export type ScoringContext = Pick<RunContext, 'config' | 'engine' | 'base' | 'stop' | 'scorer'>;

/** Opened scorers. */
export interface OpenScorers {
  /**
   * Scores responses by every scorer that has a weight.
   * @param writer the model that wrote the responses
   */
  score(groups: readonly ResponseGroup[], writer: Sampler, ctl?: Ctl): Promise<WeightedScores[]>;
  close(): Promise<void>;
}

type ScorerName = keyof RunConfig['open']['scorers'];

/** Returns the scorers that have a weight, with it, in the order of the settings. */
export function weightsOf({ open }: Pick<RunConfig, 'open'>): { name: ScorerName; weight: number }[] {
  const { likelihood, consensus: agreeing, selfCertainty, entropy: sure, random, judge, own } = open.scorers;
  const weights: Record<ScorerName, number> = {
    likelihood,
    consensus: agreeing,
    selfCertainty,
    entropy: sure,
    random,
    judge,
    own,
  };
  return (Object.keys(weights) as ScorerName[])
    .map((name) => ({ name, weight: weights[name] }))
    .filter(({ weight }) => weight !== 0);
}

/** Opens the scorers; each model and the judge when it is first needed. */
export function openScorers(ctx: ScoringContext): OpenScorers {
  const { config, engine, base, stop } = ctx;
  const { open } = config;
  const seed = deriveSeed(config.seed, 'scorers');
  const frozen = openOnce(() => engine.openSampler(base, { role: 'solver', reference: true }));
  const judge = openOnce(async () => {
    const opened = await endpointAt(open.judge, 'open.judge.url')(stop);
    return { scorer: judgeScorer(opened.judge, open.judge), close: () => opened.close() };
  });
  const scorerOf = async (name: ScorerName, writer: Sampler): Promise<Scorer | null> => {
    switch (name) {
      case 'likelihood':
        return likelihoodScorer(await frozen.get());
      case 'consensus':
        return consensus;
      case 'selfCertainty': {
        const { vocabulary } = await engine.inspect(base);
        return selfCertaintyScorer(writer, { vocabulary, draws: open.draws, seed });
      }
      case 'entropy':
        return entropy;
      case 'random':
        return randomScorer(seed);
      case 'judge':
        return (await judge.get()).scorer;
      case 'own':
        return ctx.scorer;
    }
  };
  return {
    async score(groups, writer, ctl) {
      const scored: WeightedScores[] = [];
      for (const { name, weight } of weightsOf(config)) {
        const scorer = await scorerOf(name, writer);
        if (scorer !== null) scored.push({ name, weight, scores: await scoresOf(scorer, groups, ctl) });
      }
      return scored;
    },
    async close() {
      await frozen.close();
      await judge.close();
    },
  };
}

/** Returns the reward of each response, by the weights and the variety penalty of the config. */
export function mixed(
  { config: { open } }: Pick<RunContext, 'config'>,
  scored: readonly WeightedScores[],
  groups: readonly ResponseGroup[],
): MixedScore[][] {
  return mixScores(scored, textsOf(groups), open);
}
