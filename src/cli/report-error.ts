/** Error output and exit codes: 1 for a failure, 2 for invalid usage. */

import { CommanderError } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, RzeroError } from '../errors.ts';
import { type RunPlace, runOf } from '../run-place.ts';
import { newRunCommand } from '../store/failures.ts';
import { shellWord } from '../text/shell.ts';
import type { Io } from './io.ts';
import { clean, cleanLines } from './render/format.ts';
import type { Palette } from './render/palette.ts';
import { runName } from './render/next-steps.ts';

export interface Failure {
  /** Text for standard error; empty if it was already printed. */
  text: string;
  exitCode: number;
}

/**
 * A known error is shown without its stack; its last line is advice. An unknown error is shown with its stack and a
 * request to report it. `debug` always shows the stack and causes. For an error in a run, `caller` adds the command
 * that continues it, before the advice.
 */
export function describeFailure(error: unknown, palette: Palette, debug: boolean, caller?: Caller): Failure {
  if (error instanceof CommanderError) return { text: '', exitCode: error.exitCode === 0 ? 0 : 2 };
  const run = continueLines(error, caller);
  if (error instanceof RzeroError) {
    const shown = debug ? [stackOf(error), ...run] : knownLines(error, palette, run);
    return { text: `${shown.join('\n')}\n`, exitCode: error instanceof ConfigError ? 2 : 1 };
  }
  const report = 'This is a bug in rzero. Please report it with the lines above and the output of `rzero doctor`.';
  const shown = [`${palette.red('unexpected error')} ${stackOf(error)}`, ...run, report];
  return { text: `${shown.join('\n')}\n`, exitCode: 1 };
}

/** How the user calls the program, and the absolute folder in which runs are found by their id. */
export type Caller = Pick<Io, 'program' | 'runsDir'>;

/**
 * Returns the command that continues the run in which an error occurred; null if none does, because the run is gone or
 * the error asks for a new run.
 */
export function continueAfter(error: unknown, place: RunPlace, caller: Caller): string | null {
  const asksForNew = error instanceof Error && error.message.includes(newRunCommand(place.dir));
  return asksForNew ? null : continueCommand(place, caller);
}

/** Returns the command that continues a run; null if the run is not there any more. */
export function continueCommand({ id, dir }: RunPlace, { program, runsDir }: Caller): string | null {
  return existsSync(join(dir, 'run.db')) ? `${program} resume ${shellWord(runName(id, dir, runsDir))}` : null;
}

/** Names the run in which the error occurred, and the command that continues it, unless the error says how to go on. */
function continueLines(error: unknown, caller: Caller | undefined): string[] {
  const place = runOf(error);
  if (place === null || caller === undefined) return [];
  const command = continueAfter(error, place, caller);
  if (command === null || (error instanceof Error && error.message.includes(`rzero resume ${place.id}`))) return [];
  return [`The run ${clean(place.id)} is saved up to its last step. To continue: ${clean(command)}`];
}

/** The message, its last line being the advice, with `before` in front of the advice. */
function knownLines(error: RzeroError, palette: Palette, before: readonly string[]): string[] {
  const [first, ...rest] = cleanLines(error.message).split('\n');
  const advice = rest.pop();
  return [`${palette.red('error')} ${first}`, ...rest, ...before, ...(advice === undefined ? [] : [advice])];
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return cleanLines(String(error));
  const own = cleanLines(error.stack ?? error.message);
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`;
}
