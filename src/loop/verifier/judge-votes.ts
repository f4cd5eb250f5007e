/** START HERE for the Verifier: both of its stages, in a run that has one. Between the votes and the filter. */

import { hasVerifier } from '../../config/phases.ts';
import type { WeightsRef } from '../../engine/engine.ts';
import { VERIFIER } from '../../roles.ts';
import type { VotedPool } from '../4-filter.ts';
import type { RunContext } from '../context.ts';
import { weightsAfter } from '../training/weights.ts';
import { trainVerifier } from './train-verifier.ts';
import { verify } from './verify.ts';

/** Trains, tests and asks the Verifier. Without one, the votes stay as they are. */
export async function judgeVotes(ctx: RunContext, voted: VotedPool, solver: WeightsRef): Promise<VotedPool> {
  if (!hasVerifier(ctx.config)) return voted;
  const start = weightsAfter(ctx, VERIFIER.name, voted.iteration - 1);
  const verifier = await trainVerifier(ctx, { voted, start });
  return verify(ctx, { voted, solver, verifier });
}
