/** Collects what the entrance test judges: fresh attempts of the Solver, and fresh corruptions of them. */

import type { Completion, Example, Sampler, WeightsRef } from '../../engine/engine.ts';
import type { Flow } from '../../engine/flow/flow.ts';
import { toExample } from '../../grpo/batch.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import { deriveSeed, Random } from '../../random.ts';
import { VERIFIER } from '../../roles.ts';
import { meanOverlaps } from '../../text/overlap.ts';
import type { Attempt, Question } from '../../types.ts';
import type { VotedPool } from '../4-filter.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { NONE } from '../pool/tally.ts';
import { readAttempts, voteRequest } from '../pool/voting.ts';
import { amongPeers, meanOver } from '../training/attempt-evidence.ts';
import { askVerdicts, type Judged } from './ask-verdicts.ts';
import { corrupt, CORRUPTIONS } from './corruptions.ts';
import type { Trials } from './entrance.ts';
import type { WatchedGroup } from './watch-verdicts.ts';

/** The models of the test. The Solver and the base are opened one after the other, to save memory. */
export interface Examination {
  flow: Flow;
  solver: WeightsRef;
  verifier: () => Promise<Sampler>;
}

interface Fresh {
  question: Question;
  attempts: Attempt[];
  /** Whether each attempt gives the label of the pool. */
  givesLabel: boolean[];
  /** Whether each attempt gives the true answer; null without an oracle. */
  areTrue: boolean[] | null;
  /** Share of the attempts with the same answer. */
  shares: number[];
  /** Mean log-probability per token under the base. */
  likelihood: number[];
}

/** Kinds that are tested: the corruptions, and attempts at other questions. */
export const TESTED = [...CORRUPTIONS, 'mismatch'] as const;

/** Most attempts that are judged for a fresh one: it in two orders, and one of every kind made from it. */
export const JUDGED_PER_FRESH = 2 + TESTED.length;

/**
 * Asks the Solver and the Verifier. The result depends on the run's seed and the weights alone. The truth of the attempts
 * is for the audit; the trials have none of it.
 */
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
  const scores = await askVerdicts(ctx, await models.verifier(), all, { seed, ctl: reporting(ctx, place, 'verdicts') });
  const size = originals.length;
  let first = 0;
  const groups = fresh.map(({ attempts, likelihood, areTrue, shares }): WatchedGroup => {
    const own = scores.slice(first, (first += attempts.length));
    const texts = attempts.map(({ completion }) => completion);
    return { scores: own, consensus: meanOverlaps(texts), likelihood, shares, texts, areTrue };
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
  models: Examination,
  place: StepPlace,
  questions: readonly Question[],
  voted: VotedPool,
): Promise<Fresh[]> {
  if (questions.length === 0) return [];
  const solved = await solve(ctx, models, place, { questions, voted });
  const examples = solved.flatMap(({ question, completions }) =>
    completions.map(({ tokens }) => toExample(encodePrompt(ctx, ctx.domain.solverMessages(question.text)), tokens)),
  );
  const means = await likelihoods(ctx, place, examples);
  let first = 0;
  return solved.map(({ completions, ...rest }) => ({
    ...rest,
    likelihood: means.slice(first, (first += completions.length)),
  }));
}

type Solved = Omit<Fresh, 'likelihood'> & { completions: readonly Completion[] };

async function solve(
  ctx: RunContext,
  { flow, solver: weights }: Examination,
  place: StepPlace,
  { questions, voted }: { questions: readonly Question[]; voted: VotedPool },
): Promise<Solved[]> {
  const { config, domain } = ctx;
  const requests = questions.map((question) => ({
    ...voteRequest(ctx, question, { ...config.votes, count: config.verifier.freshVotes }),
    seed: deriveSeed(config.seed, place.iteration, 'entrance', question.id),
  }));
  const solver = await ctx.engine.openSampler(weights, { role: 'solver' });
  try {
    return await flow.each(solver, requests, reporting(ctx, place, 'attempts'), async (completions, at) => {
      const question = questions[at];
      const attempts = await readAttempts(ctx, question, completions);
      const votes = attempts.map(({ vote }) => vote);
      const truth = domain.truth?.(question.text) ?? null;
      const peers = await amongPeers(ctx.grader, votes);
      return {
        question,
        attempts,
        completions,
        givesLabel: await equalTo(ctx, voted.tallies.get(question.id)?.label ?? '', votes),
        areTrue: truth === null ? null : await equalTo(ctx, truth, votes),
        shares: peers.map(({ share }) => share),
      };
    });
  } finally {
    await solver.close();
  }
}

async function equalTo(
  { grader }: Pick<RunContext, 'grader'>,
  answer: string,
  votes: readonly (string | null)[],
): Promise<boolean[]> {
  const isAnswer = grader.comparerTo(answer);
  const found: boolean[] = [];
  for (const vote of votes) found.push(await isAnswer(vote));
  return found;
}

/** Returns the mean log-probability of the attempts' tokens under the base. */
async function likelihoods(ctx: RunContext, place: StepPlace, examples: readonly Example[]): Promise<number[]> {
  const base = await ctx.engine.openSampler(ctx.base, { role: VERIFIER.name, reference: true });
  try {
    const logprobs = await base.score(examples, reporting(ctx, place, 'likelihood'));
    return logprobs.map((values, at) => meanOver(examples[at], values));
  } finally {
    await base.close();
  }
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
