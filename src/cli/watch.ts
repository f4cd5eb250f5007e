/** Follows a run: passes its events to a renderer, and stops it at a signal. */

import type { Evolution } from '../loop/evolve.ts';
import type { RunPlace } from '../run-place.ts';
import type { EvalResult } from '../types.ts';
import type { Io } from './io.ts';
import { rendererFor, type ShowFlags } from './live/choose.ts';
import { continueCommand } from './report-error.ts';
import { exitCodeOf, onStopRequest, stoppingLine } from './signals.ts';
import { PageBeside, type PageFlags } from './serve/beside.ts';
import { sameCommand } from './stoppable.ts';
import { onUncaught } from './uncaught.ts';

/** Exit code when the budget is spent, as for `rzero eval`. */
const BUDGET_SPENT = 3;

/** Options of the commands that follow a run. */
export type WatchFlags = ShowFlags & PageFlags;

/**
 * Shows the run that `start` starts until it ends, and returns the exit code. `base`: the evaluation of the base, if
 * known.
 */
export async function watch(
  start: () => Evolution,
  io: Io,
  flags: WatchFlags,
  base: EvalResult | null = null,
): Promise<number> {
  const renderer = rendererFor(io, flags, base);
  const page = new PageBeside(flags, renderer.note);
  let evolution: Evolution | null = null;
  let place: RunPlace | null = null;
  const sayHow = (): void => {
    const how = place === null ? sameCommand(io) : continueCommand(place, io);
    if (how !== null) io.err(`to continue: ${how}\n`);
  };
  const leave = (exitCode: number): void => {
    renderer.close();
    sayHow();
    process.exit(exitCode);
  };
  const stop = onStopRequest((exitCode) => {
    // Before the run begins there is nothing to save; a download keeps its bytes.
    if (place === null) leave(exitCode);
    if (exitCode === exitCodeOf('SIGPIPE')) io.err(`${stoppingLine(exitCode)}\n`);
    else renderer.note(stoppingLine(exitCode));
    evolution?.stop();
  }, leave);
  let crash: Error | null = null;
  const uncaught = onUncaught((error) => {
    crash = error;
    evolution?.stop(error);
  });
  try {
    evolution = start();
    for await (const event of evolution) {
      if (event.type === 'run-start') place = { id: event.runId, dir: event.runDir };
      renderer.handle(event);
      await page.handle(event);
    }
    const { outcome, budgetSpent } = await evolution.result;
    // The run may have been stopping already.
    if (crash !== null) throw crash;
    if (outcome !== 'stopped') return 0;
    if (budgetSpent !== undefined && stop.exitCode() === null) return BUDGET_SPENT;
    // The lines of the run say it too, but only to a reader of standard output.
    if (flags.json === true || stop.exitCode() === exitCodeOf('SIGPIPE')) sayHow();
    return stop.exitCode() ?? 0;
  } finally {
    await page.close();
    renderer.close();
    stop.dispose();
    uncaught.dispose();
  }
}
