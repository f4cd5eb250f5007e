/** Contradictions in the settings of a service. Pure. */

import type { RunConfig } from '../schema.ts';
import type { Contradiction } from './contradiction.ts';

/** Returns what contradicts in the settings of a service; nothing for other engines. */
export function serviceContradictions({
  engine,
  challenger,
  solver,
  pool,
  votes,
  evaluation,
  verifier,
}: RunConfig): Contradiction[] {
  if (engine.kind !== 'tinker') return [];
  const found: Contradiction[] = [];
  if (engine.budget.cost > 0 && !hasPrices(engine)) {
    found.push({
      problem: `engine.budget.cost = ${engine.budget.cost} limits a cost, but no engine.price is set`,
      fix: { 'engine.budget.cost': 0 },
    });
  }
  const judging = verifier.kind === 'generative' ? { verifier } : {};
  for (const [section, { minP }] of Object.entries({ challenger, solver, pool, votes, evaluation, ...judging })) {
    if (minP === 0) continue;
    found.push({
      problem: `${section}.minP = ${minP}, but engine.kind = "tinker" cannot sample with it`,
      fix: { [`${section}.minP`]: 0 },
    });
  }
  if (solver.reward === 'entropy' || solver.reward === 'self-certainty') {
    found.push({
      problem: `solver.reward = "${solver.reward}" measures whole distributions, but engine.kind = "tinker" cannot`,
      fix: { 'solver.reward': 'likelihood' },
    });
  }
  return found;
}

/** Whether any price is known, so that a cost can be computed. */
export function hasPrices({ price }: Extract<RunConfig['engine'], { kind: 'tinker' }>): boolean {
  return price.sampled > 0 || price.prefilled > 0 || price.trained > 0;
}
