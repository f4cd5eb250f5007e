/** Collects what the entrance test judges: fresh attempts of the Solver, and fresh corruptions of them. */

import type { Sampler } from '../../engine/engine.ts';
import type { Flow } from '../../engine/flow/flow.ts';
import { toExample } from '../../grpo/batch.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { deriveSeed, Random } from '../../random.ts';
import { consensus } from '../../rewards/label-free/consensus.ts';
import type { Attempt, Question } from '../../types.ts';
import type { VotedPool } from '../4-filter.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { NONE } from '../pool/tally.ts';
import { readAttempts, voteRequest } from '../pool/voting.ts';
import { askVerdicts, type Judged } from './ask-verdicts.ts';
import { corrupt, CORRUPTIONS } from './corruptions.ts';
import type { Trials } from './entrance.ts';
import type { WatchedGroup } from './watch-verdicts.ts';

/** The models of the test. */
export interface Examination {
  flow: Flow;
  verifier: Sampler;
  solver: Sampler;
  base: Sampler;
}

interface Fresh {
  question: Question;
  attempts: Attempt[];
  /** Whether each attempt gives the label of the pool. */
  givesLabel: boolean[];
  /** Mean log-probability per token under the base. */
  likelihood: number[];
}

/** Kinds that are tested: the corruptions, and attempts at other questions. */
export const TESTED = [...CORRUPTIONS, 'mismatch'] as const;

/** Asks the Solver and the Verifier. The result depends on the run's seed and the weights alone. */
export async function freshTrials(
  ctx: RunContext,
  models: Examination,
  place: StepPlace,
  voted: VotedPool,
): Promise<{ trials: Trials; groups: WatchedGroup[] }> {
  const fresh = await freshAttempts(ctx, models, place, drawn(ctx, voted), voted);
  const originals = fresh.flatMap(({ question: { text }, attempts }) =>
    attempts.map(({ completion }) => ({ question: text, attempt: completion })),
  );
  const made = corruptions(ctx, place, fresh);
  const swapped = originals.map((one) => ({ ...one, attemptFirst: true }));
  const all: Judged[] = [...originals, ...swapped, ...made.map(({ judged }) => judged)];
  const seed = deriveSeed(ctx.config.seed, place.iteration, 'entrance-verdicts');
  const scores = await askVerdicts(ctx, models.verifier, all, { seed, ctl: reporting(ctx, place, 'verdicts') });
  const size = originals.length;
  let first = 0;
  const groups = fresh.map(({ attempts, likelihood }): WatchedGroup => {
    const own = scores.slice(first, (first += attempts.length));
    const texts = attempts.map(({ completion }) => completion);
    return { scores: own, consensus: [...consensus(texts)], likelihood, answers: attempts.map(({ vote }) => vote) };
  });
  return {
    groups,
    trials: {
      groups,
      orders: originals.map((_, at) => ({ first: scores[at], second: scores[size + at] })),
      pairs: made.map(({ kind, original }, at) => ({
        kind,
        original: scores[original],
        corrupted: scores[2 * size + at],
      })),
    },
  };
}

/** Draws the questions of the test from those with a label. */
function drawn({ config }: Pick<RunContext, 'config'>, { iteration, pool, tallies }: VotedPool): Question[] {
  const labelled = pool.flatMap(({ question }) => {
    const label = tallies.get(question.id)?.label ?? null;
    return label === null || label === NONE ? [] : [question];
  });
  const order = new Random(deriveSeed(config.seed, iteration, 'entrance')).shuffle(labelled);
  return order.slice(0, config.verifier.fresh);
}

async function freshAttempts(
  ctx: RunContext,
  { flow, solver, base }: Examination,
  place: StepPlace,
  questions: readonly Question[],
  { tallies }: VotedPool,
): Promise<Fresh[]> {
  if (questions.length === 0) return [];
  const { config } = ctx;
  const requests = questions.map((question) => ({
    ...voteRequest(ctx, question, { ...config.votes, count: config.verifier.freshVotes }),
    seed: deriveSeed(config.seed, place.iteration, 'entrance', question.id),
  }));
  const sampled = await flow.each(solver, requests, reporting(ctx, place, 'attempts'), async (completions, at) => {
    const attempts = await readAttempts(ctx, questions[at], completions);
    const isLabel = ctx.grader.comparerTo(tallies.get(questions[at].id)?.label ?? '');
    const givesLabel: boolean[] = [];
    for (const { vote } of attempts) givesLabel.push(await isLabel(vote));
    return { question: questions[at], attempts, givesLabel, completions };
  });
  const examples = sampled.flatMap(({ question, completions }) =>
    completions.map(({ tokens }) => toExample(encodePrompt(ctx, ctx.domain.solverMessages(question.text)), tokens)),
  );
  const logprobs = await base.score(examples, reporting(ctx, place, 'likelihood'));
  const means = logprobs.map((values, at) => {
    const tokens = examples[at].mask.reduce((sum, kept) => sum + kept, 0);
    return tokens === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / tokens;
  });
  let first = 0;
  return sampled.map(({ question, attempts, givesLabel }) => {
    const likelihood = means.slice(first, (first += attempts.length));
    return { question, attempts, givesLabel, likelihood };
  });
}

interface Made {
  kind: string;
  /** Place of the original among all fresh attempts. */
  original: number;
  judged: Judged;
}

/** Corrupts every fresh attempt that gives the label, and shows it with another question of another label. */
function corruptions({ config }: Pick<RunContext, 'config'>, place: StepPlace, fresh: readonly Fresh[]): Made[] {
  const all = fresh.flatMap(({ question, attempts, givesLabel }) =>
    attempts.map(({ completion, vote }, at) => ({ question, text: completion, vote, isRight: givesLabel[at] })),
  );
  return all.flatMap(({ question, text, vote, isRight }, original) => {
    if (!isRight) return [];
    const random = new Random(deriveSeed(config.seed, place.iteration, 'entrance-corruption', original));
    const changed = CORRUPTIONS.flatMap((kind): Made[] => {
      const attempt = corrupt(text, kind, random);
      return attempt === null ? [] : [{ kind, original, judged: { question: question.text, attempt } }];
    });
    const others = all.filter((one) => one.isRight && one.question.id !== question.id && one.vote !== vote);
    if (others.length === 0) return changed;
    const attempt = random.pick(others).text;
    return [...changed, { kind: 'mismatch', original, judged: { question: question.text, attempt } }];
  });
}
