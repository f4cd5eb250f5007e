/** Error output and exit codes: 1 for a failure, 2 for invalid usage. */

import { CommanderError } from 'commander';
import { ConfigError, RzeroError } from '../errors.ts';
import { cleanLines } from './render/format.ts';
import type { Palette } from './render/palette.ts';

export interface Failure {
  /** Text for standard error; empty if it was already printed. */
  text: string;
  exitCode: number;
}

/**
 * A known error is shown without its stack; its last line is advice. An unknown error is shown with its stack and a
 * request to report it. `debug` always shows the stack and causes.
 */
export function describeFailure(error: unknown, palette: Palette, debug: boolean): Failure {
  if (error instanceof CommanderError) return { text: '', exitCode: error.exitCode === 0 ? 0 : 2 };
  if (error instanceof RzeroError) {
    const shown = debug ? stackOf(error) : knownLines(error, palette);
    return { text: `${shown}\n`, exitCode: error instanceof ConfigError ? 2 : 1 };
  }
  const report = 'This is a bug in rzero. Please report it with the lines above and the output of `rzero doctor`.';
  return { text: `${palette.red('unexpected error')} ${stackOf(error)}\n${report}\n`, exitCode: 1 };
}

function knownLines(error: RzeroError, palette: Palette): string {
  const [first, ...rest] = cleanLines(error.message).split('\n');
  return [`${palette.red('error')} ${first}`, ...rest].join('\n');
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return cleanLines(String(error));
  const own = cleanLines(error.stack ?? error.message);
  return error.cause === undefined ? own : `${own}\ncaused by ${stackOf(error.cause)}`;
}
