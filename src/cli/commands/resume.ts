/** `rzero resume`: continues a run after its last committed step. */

import type { ServiceChange } from '../../loop/remote/service-change.ts';
import { resolveRun } from '../../store/runs.ts';
import { openRun } from '../../store/sqlite.ts';
import { headlineEvaluations } from '../../store/headline-evaluations.ts';
import type { DeviceName, EvalResult } from '../../types.ts';
import type { Io } from '../io.ts';
import type { WatchFlags } from '../watch.ts';
import type { CommonFlags } from '../options.ts';

export interface ResumeFlags extends CommonFlags, WatchFlags, ServiceChange {
  iterations?: number;
  /** `cpu` or `webgpu`. */
  device?: DeviceName;
}

/**
 * Exit codes as for `evolve`. Throws StoreError if the run does not exist or another process uses it, ConfigError if it
 * cannot have the given number of iterations.
 */
export async function run(flags: ResumeFlags, io: Io, name?: string): Promise<number> {
  const dir = resolveRun(flags.runsDir ?? 'runs', name);
  const [{ resume }, { watch }] = await Promise.all([import('../../loop/evolve.ts'), import('../watch.ts')]);
  const { iterations, device, url, challengerUrl, solverUrl, referenceUrl, budgetTokens, budgetCost } = flags;
  const service = { url, challengerUrl, solverUrl, referenceUrl, budgetTokens, budgetCost };
  return watch(() => resume(dir, { iterations, device, service }), io, flags, baseOf(dir));
}

function baseOf(dir: string): EvalResult | null {
  const store = openRun(dir, { readOnly: true });
  try {
    return headlineEvaluations(store).find((evaluation) => evaluation.iteration === 0) ?? null;
  } finally {
    store.close();
  }
}
