/** Adds the Verifier's verdicts to the attempts of a training step of the Solver (`solver.verifierWeight`). */

import type { Sampler } from '../../engine/engine.ts';
import { deriveSeed } from '../../random.ts';
import type { SolverAttempt } from '../../rewards/correctness.ts';
import { type RunContext, reporting, type StepPlace } from '../context.ts';
import { askVerdicts } from './ask-verdicts.ts';

/** Returns the attempts with the Verifier's scores, 0..1, in order. */
export async function withVerdicts(
  ctx: RunContext,
  verifier: Sampler,
  place: StepPlace,
  items: readonly SolverAttempt[],
): Promise<SolverAttempt[]> {
  const seed = deriveSeed(ctx.config.seed, place.iteration, 'paid-verdicts', place.step);
  const asked = items.map(({ question, completion }) => ({ question, attempt: completion }));
  const scores = await askVerdicts(ctx, verifier, asked, { seed, ctl: reporting(ctx, place, 'verdicts') });
  return items.map((item, at) => ({ ...item, verdict: scores[at] }));
}
