/** Errors of commands with `--json`: one line of JSON. */

import { CommanderError } from 'commander';
import { messageOf, RzeroError } from '../errors.ts';
import { runOf, type RunPlace } from '../run-place.ts';
import { type Caller, continueAfter } from './report-error.ts';

/** A failed command, for programs. */
export interface JsonFailure {
  /** Code of the error's class (`config`, `model-load`, …), `usage` for invalid options, `unexpected` for a bug. */
  type: string;
  /** Without the advice. */
  message: string;
  /** What the user can do. */
  advice: string;
  exitCode: number;
  /** The run in which the error occurred, and the command that continues it, if one does; absent outside a run. */
  run?: RunPlace & { continue: string | null };
}

/** Returns the line for standard error; empty if nothing failed, as after `--help`. */
export function jsonLine(error: unknown, exitCode: number, caller?: Caller): string {
  return exitCode === 0 ? '' : `${JSON.stringify({ ...jsonFailure(error, exitCode), ...runPart(error, caller) })}\n`;
}

function runPart(error: unknown, caller: Caller | undefined): Pick<JsonFailure, 'run'> {
  const place = runOf(error);
  if (place === null || caller === undefined) return {};
  return { run: { ...place, continue: continueAfter(error, place, caller) } };
}

/** Describes an error for programs. `exitCode` is the one of the process. */
export function jsonFailure(error: unknown, exitCode: number): JsonFailure {
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '');
    return { type: 'usage', message, advice: 'See the options with --help.', exitCode };
  }
  if (error instanceof RzeroError) {
    const message = error.message.slice(0, -error.advice.length).trimEnd();
    return { type: error.code, message, advice: error.advice, exitCode };
  }
  const advice = 'This is a bug in rzero. Please report it with this line and the output of `rzero doctor`.';
  return { type: 'unexpected', message: messageOf(error), advice, exitCode };
}
