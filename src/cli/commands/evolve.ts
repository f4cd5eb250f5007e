/** `rzero evolve`: starts a run and shows its progress. `--dry-run` only prints its config and forecast. */

import type { Io } from '../io.ts';
import type { WatchFlags } from '../watch.ts';
import { configOf, type ConfigFlags } from '../settings.ts';

export interface EvolveFlags extends ConfigFlags, WatchFlags {
  judge?: string;
  dryRun?: boolean;
}

/** Exit code 0, or that of the signal that stopped it. */
export async function run(flags: EvolveFlags, io: Io): Promise<number> {
  const config = configOf(flags, flags.judge === undefined ? {} : { audit: { judge: { url: flags.judge } } });
  if (flags.dryRun === true) {
    const { dryRun } = await import('./dry-run.ts');
    return dryRun(config, io, flags.json === true);
  }
  const [{ evolve }, { watch }] = await Promise.all([import('../../loop/evolve.ts'), import('../watch.ts')]);
  return watch(() => evolve({ config }), io, flags);
}
