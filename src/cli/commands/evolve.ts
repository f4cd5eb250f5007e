/** `rzero evolve`: starts a run and shows it. `--dry-run` only says what it would do and cost. */

import type { Io } from '../io.ts';
import { configOf, type ConfigFlags } from '../settings.ts';

export interface EvolveFlags extends ConfigFlags {
  judge?: string;
  dryRun?: boolean;
  json?: boolean;
}

/** Exit code 0, or the signal's when the run was stopped by one. */
export async function run(flags: EvolveFlags, io: Io): Promise<number> {
  const config = configOf(flags, flags.judge === undefined ? {} : { audit: { judge: { url: flags.judge } } });
  if (flags.dryRun === true) {
    const { dryRun } = await import('./dry-run.ts');
    return dryRun(config, io, flags.json === true);
  }
  const [{ evolve }, { watch }] = await Promise.all([import('../../loop/evolve.ts'), import('../watch.ts')]);
  return watch(() => evolve({ config }), io, flags.json === true);
}
