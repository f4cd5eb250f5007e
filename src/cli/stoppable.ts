/** Runs work that a signal can stop, and names the command that goes on with it. */

import { isAborted } from '../errors.ts';
import type { Io } from './io.ts';
import { shellWord } from '../text/shell.ts';
import { onStopRequest, stoppingLine } from './signals.ts';

/** Work of a command. It ends soon after `signal` is aborted, also with the error of an aborted call. */
export type StoppableWork = (signal: AbortSignal) => Promise<number>;

/**
 * Runs the work and returns its exit code, or that of the signal that stopped it. `kept` says on standard error what a
 * stop keeps, before the command to go on with.
 */
export async function stoppable(io: Io, kept: string, work: StoppableWork): Promise<number> {
  const controller = new AbortController();
  const stop = onStopRequest((exitCode) => {
    io.err(`${stoppingLine(exitCode)}\n`);
    controller.abort();
  });
  try {
    const code = await work(controller.signal);
    if (stop.exitCode() !== null) io.err(continuation(io, kept));
    return stop.exitCode() ?? code;
  } catch (error) {
    const code = stop.exitCode();
    if (code === null || !isAborted(error)) throw error;
    io.err(continuation(io, kept));
    return code;
  } finally {
    stop.dispose();
  }
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
}

function continuation(io: Io, kept: string): string {
  return `${kept} To continue: ${sameCommand(io)}\n`;
}

/** Discards what is stored, which a command that goes on must not repeat. */
const STARTS_OVER = '--fresh';

/** Returns the command line of this process as the user can repeat it to go on with what is stored. */
export function sameCommand({ program }: Pick<Io, 'program'>): string {
  const words = process.argv.slice(2).filter((word) => word !== STARTS_OVER);
  return [program, ...words.map((word) => shellWord(word))].join(' ');
}
