/** Follows a run: passes its events to a renderer, and stops it cleanly on Ctrl-C. */

import type { Evolution } from '../loop/evolve.ts';
import type { EvalResult } from '../types.ts';
import type { Io } from './io.ts';
import { rendererFor, type ShowFlags } from './render/choose.ts';
import { onStopRequest, STOPPING } from './signals.ts';

/**
 * Shows the run that `start` starts until it ends, and returns the exit code. `base`: the evaluation of the base, if
 * known.
 */
export async function watch(
  start: () => Evolution,
  io: Io,
  flags: ShowFlags,
  base: EvalResult | null = null,
): Promise<number> {
  const renderer = rendererFor(io, flags, base);
  let evolution: Evolution | null = null;
  const stop = onStopRequest(
    () => {
      renderer.note(STOPPING);
      evolution?.stop();
    },
    (exitCode) => {
      renderer.close();
      process.exit(exitCode);
    },
  );
  try {
    evolution = start();
    for await (const event of evolution) renderer.handle(event);
    const { outcome } = await evolution.result;
    return outcome === 'stopped' ? (stop.exitCode() ?? 0) : 0;
  } finally {
    renderer.close();
    stop.dispose();
  }
}
