/** Collects what a label-free reward knows of the attempts of a step (`rewards/label-free/evidence.ts`). */

import type { Grader } from '../../answers/grader.ts';
import type { Completion, Ctl, Example, Sampler, Tokens } from '../../engine/engine.ts';
import { ConfigError } from '../../errors.ts';
import { toExample } from '../../grpo/batch.ts';
import type { SolverAttempt } from '../../rewards/correctness.ts';
import type { AmongPeers, Need, TokenMeans } from '../../rewards/label-free/evidence.ts';
import type { RunContext } from '../context.ts';
import { ranksOf } from '../pool/ranks.ts';

/** A sampled group with its attempts as read. */
export interface SolvedGroup {
  prompt: Tokens;
  completions: readonly Completion[];
  items: readonly SolverAttempt[];
}

/** The models that may be asked. */
export interface Judges {
  /** The policy that sampled the attempts. */
  solver: Sampler;
  base: () => Promise<Sampler>;
  ctl: Ctl;
}

/** Adds what `need` names to the attempts of all groups. */
export async function withEvidence(
  ctx: Pick<RunContext, 'grader'>,
  groups: readonly SolvedGroup[],
  need: Need | null,
  judges: Judges,
): Promise<SolverAttempt[]> {
  const items = groups.flatMap((group) => group.items);
  if (need === null) return items;
  if (need === 'peers') {
    const peers = await Promise.all(
      groups.map((group) =>
        amongPeers(
          ctx.grader,
          group.items.map(({ answer }) => answer),
        ),
      ),
    );
    return items.map((item, at) => ({ ...item, peers: peers.flat()[at] }));
  }
  const examples = groups.flatMap(({ prompt, completions }) =>
    completions.map(({ tokens }) => toExample(prompt, tokens)),
  );
  const means = need === 'base' ? await likelihoods(examples, judges) : await distributions(examples, judges);
  return items.map((item, at) => ({ ...item, means: means[at] }));
}

/** Compares the answers of a group with each other. Equal answers form one class, as in a vote. */
export async function amongPeers(
  grader: Pick<Grader, 'tally' | 'comparerTo'>,
  answers_G: readonly (string | null)[],
): Promise<AmongPeers[]> {
  const { groups, agreement } = await grader.tally(answers_G);
  const ranks = await ranksOf(grader, groups, answers_G);
  return ranks.map((rank) => ({
    share: rank === null ? 0 : groups[rank].count / answers_G.length,
    majorityShare: agreement,
    inMajority: rank === 0,
  }));
}

async function likelihoods(examples: readonly Example[], { base, ctl }: Judges): Promise<TokenMeans[]> {
  const scores = await (await base()).score(examples, ctl);
  return scores.map((logprobs, at) => ({ baseLogprob: meanOver(examples[at], logprobs) }));
}

async function distributions(examples: readonly Example[], { solver, ctl }: Judges): Promise<TokenMeans[]> {
  if (solver.measure === undefined) throw noMeasures();
  const measured = await solver.measure(examples, ctl);
  return measured.map(({ entropy, certainty }, at) => ({
    entropy: meanOver(examples[at], entropy),
    certainty: meanOver(examples[at], certainty),
  }));
}

/** Returns the error about an engine that a label-free reward cannot use. */
export function noMeasures(): ConfigError {
  return new ConfigError(
    'The engine measures no whole distributions (`Sampler.measure`), which solver.reward = "entropy" and "self-certainty" need.',
    'Use solver.reward = "likelihood", or engine.kind = "local".',
  );
}

/** Returns the mean over the positions of the completion; 0 if it has none. */
export function meanOver({ mask }: Example, values_T: Float32Array): number {
  let [sum, tokens] = [0, 0];
  mask.forEach((kept, t) => {
    if (kept === 0) return;
    sum += values_T[t];
    tokens++;
  });
  return tokens === 0 ? 0 : sum / tokens;
}
