/** Exports the best model at the end of a run, where its engine can. */

import { join } from 'node:path';
import { EngineError } from '../../errors.ts';
import { writeDomainRecord } from '../../models/domain-record.ts';
import { MEASURED } from '../../roles.ts';
import type { RunContext } from '../context.ts';
import { BEST_FOLDER, keepBest, weightsAfter } from '../training/weights.ts';

/**
 * Exports the Solver of the chosen iteration to `best/`. A service that gives no weights away does not fail the run: its
 * states stay there, and the run's name stands for the best of them. The base of a service is not exported.
 */
export async function exportBest(ctx: RunContext, iteration: number): Promise<void> {
  const isRemote = ctx.config.engine.kind === 'tinker';
  const best = weightsAfter(ctx, MEASURED, iteration);
  if (isRemote && best.kind === 'base') return;
  try {
    await keepBest(ctx, iteration);
    writeDomainRecord(join(ctx.store.dir, BEST_FOLDER), ctx.config.domain);
  } catch (error) {
    if (!isRemote || !(error instanceof EngineError) || error.kind !== 'user') throw error;
    const [reason] = error.message.split('\n', 1);
    const message = `The best model was not exported to ${BEST_FOLDER}/: ${reason} It stays on the service.`;
    ctx.emit({ type: 'warning', message });
  }
}
