/** Describes a run's demands on its engine: models open at once, sequence lengths, and what is trained. */

import { hasVerifier, isSupervised, trainsChallenger } from '../../config/phases.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Workload } from '../../engine/kind.ts';
import { adapterOf } from '../training/adapt.ts';
import { JUDGED_PER_FRESH } from '../verifier/fresh-trials.ts';

/**
 * Returns the workload of a run.
 * @param promptTokens length of the longest prompt, in tokens
 */
export function workloadOf(config: RunConfig, promptTokens: number): Workload {
  const { challenger, solver, votes, pool, evaluation, adapt } = config;
  const posing = trainsChallenger(config);
  const judging = hasVerifier(config) ? [judgingOf(config)] : [];
  const trained = [solver, ...(posing ? [challenger] : []), ...judging];
  const sampled = isSupervised(config) ? [solver, evaluation] : [...trained, votes, pool, evaluation];
  const judges = Number(solver.reward === 'likelihood') + Number(judging.length > 0 && solver.verifierWeight > 0);
  const longest = (sections: readonly { maxTokens: number }[]): number =>
    promptTokens + Math.max(...sections.map(({ maxTokens }) => maxTokens));
  const adapter = adapterOf(config);
  return {
    model: config.model,
    adapter,
    lora: adapter === null ? adapterOf({ adapt: { ...adapt, method: 'lora' } }) : null,
    // The voting Solver stays open while the Challenger trains, and the judges of attempts while the Solver trains.
    frozen: Number(trained.some(({ klWeight }) => klWeight > 0)) + Math.max(Number(posing), judges),
    samplers: 1 + Math.max(Number(posing), judges),
    prompt: promptTokens,
    completions: mostCompletions(config),
    perPrompt: fewestPerPrompt(config),
    longest: longest(sampled),
    longestTrained: longest(trained),
  };
}

/** Returns the settings of the Verifier as those of its passes. A one-token verdict has no reference and no check. */
function judgingOf({ verifier }: RunConfig): { klWeight: number; maxTokens: number } {
  return verifier.kind === 'token' ? { klWeight: 0, maxTokens: 1 } : verifier;
}

/** Returns the fewest completions that one prompt gets. A question of the held-out test gets one greedy answer. */
function fewestPerPrompt(config: RunConfig): number {
  const { challenger, solver, votes, evaluation, verifier } = config;
  if (evaluation.questions > 0 || evaluation.tasks.length > 0) return 1;
  if (isSupervised(config)) return solver.groupSize;
  return Math.min(
    solver.groupSize,
    votes.count,
    ...(trainsChallenger(config) ? [challenger.votes] : []),
    ...(hasVerifier(config) ? [verifier.freshVotes] : []),
    ...(checks(config) > 0 ? [verifier.checks] : []),
  );
}

/** Returns the number of completions of the largest step or chunk. Forced evaluations count, even if the domain has none. */
function mostCompletions(config: RunConfig): number {
  const { challenger, solver, votes, pool, evaluation } = config;
  const tested =
    Math.min(evaluation.chunk, evaluation.questions) * (evaluation.samples * (evaluation.forced ? 2 : 1) + 1);
  const trained = solver.steps > 0 ? solver.prompts * solver.groupSize : 0;
  if (isSupervised(config)) return Math.max(tested, trained);
  const posed = trainsChallenger(config) ? challenger.groups * challenger.groupSize * challenger.votes : 0;
  const labelled = Math.min(votes.chunk, pool.questions) * votes.count;
  return Math.max(tested, trained, posed, labelled, judgedAtOnce(config), Math.min(pool.chunk, pool.questions));
}

/** Returns the number of fresh attempts, or of checks, of the largest step of the Verifier; 0 without one. */
function judgedAtOnce(config: RunConfig): number {
  const { verifier, votes } = config;
  if (!hasVerifier(config)) return 0;
  const fresh = verifier.fresh * verifier.freshVotes;
  const trained = checks(config) === 0 ? 0 : verifier.prompts * 2 * verifier.pairs * verifier.groupSize;
  return Math.max(fresh, trained, checks(config) * Math.max(JUDGED_PER_FRESH * fresh, votes.chunk * votes.count));
}

/** Returns the checks per judged attempt; 0 if verdicts are not sampled. */
function checks(config: RunConfig): number {
  return hasVerifier(config) && config.verifier.kind === 'generative' ? config.verifier.checks : 0;
}
