/** Describes a run's demands on its engine: models open at once, sequence lengths, and what is trained. */

import { isSupervised, trainsChallenger } from '../../config/phases.ts';
import type { RunConfig } from '../../config/schema.ts';
import type { Workload } from '../../engine/kind.ts';
import { adapterOf } from '../training/adapt.ts';

/**
 * Returns the workload of a run.
 * @param promptTokens length of the longest prompt, in tokens
 */
export function workloadOf(config: RunConfig, promptTokens: number): Workload {
  const { challenger, solver, votes, pool, evaluation, adapt } = config;
  const posing = trainsChallenger(config);
  const trained = [solver, ...(posing ? [challenger] : [])];
  const sampled = isSupervised(config) ? [solver, evaluation] : [...trained, votes, pool, evaluation];
  const longest = (sections: readonly { maxTokens: number }[]): number =>
    promptTokens + Math.max(...sections.map(({ maxTokens }) => maxTokens));
  const adapter = adapterOf(config);
  return {
    model: config.model,
    adapter,
    lora: adapter === null ? adapterOf({ adapt: { ...adapt, method: 'lora' } }) : null,
    frozen: Number(trained.some(({ klWeight }) => klWeight > 0)) + Number(posing),
    // The voting Solver stays open while the Challenger trains.
    samplers: posing ? 2 : 1,
    prompt: promptTokens,
    completions: mostCompletions(config),
    perPrompt: fewestPerPrompt(config),
    longest: longest(sampled),
    longestTrained: longest(trained),
  };
}

/** Returns the fewest completions that one prompt gets. A question of the held-out test gets one greedy answer. */
function fewestPerPrompt(config: RunConfig): number {
  const { challenger, solver, votes, evaluation } = config;
  if (evaluation.questions > 0 || evaluation.tasks.length > 0) return 1;
  if (isSupervised(config)) return solver.groupSize;
  return Math.min(solver.groupSize, votes.count, ...(trainsChallenger(config) ? [challenger.votes] : []));
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
  return Math.max(tested, trained, posed, labelled, Math.min(pool.chunk, pool.questions));
}
