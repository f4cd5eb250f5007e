/**
 * Input and output of the program: streams, colours and width. Commands receive an `Io` and do not access
 * `process.stdout` or the environment themselves.
 */

import { resolve } from 'node:path';
import { ansiPalette, plainPalette, wantsColour, wantsLiveLine, type Palette } from './render/palette.ts';
import { textWidth } from './render/format.ts';
import { exitCodeOf, requestStop } from './signals.ts';

export interface Io {
  /** Writes results to standard output. */
  out(text: string): void;
  /** Writes notes and errors to standard error. */
  err(text: string): void;
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
  /** Whether standard output takes control sequences, for a live line. */
  readonly live: boolean;
  readonly palette: Palette;
  /** How the user calls the program: `npx rzero` inside an npm script, where `rzero` is not on the path. */
  readonly program: string;
  /** Absolute folder of runs without `--runs-dir`. */
  readonly runsDir: string;
  /** Width of the terminal; without one, `COLUMNS` or 80. */
  columns(): number;
  /** Seconds since the program started. */
  now(): number;
}

/**
 * The streams of this process. If the reader of one goes away (`rzero runs | head -1`, a closed terminal), nothing more
 * is written to it, and the command stops as if it had received SIGPIPE.
 */
export function processIo(): Io {
  const out = output(process.stdout);
  const err = output(process.stderr);
  const terminal = process.stdout.isTTY;
  return {
    out: (text) => out(text),
    err: (text) => err(text),
    terminal,
    live: wantsLiveLine(terminal, process.env),
    palette: wantsColour(terminal, process.env) ? ansiPalette : plainPalette,
    program: process.env.npm_lifecycle_event === undefined ? 'rzero' : 'npx rzero',
    runsDir: resolve('runs'),
    columns: () => process.stdout.columns || Number(process.env.COLUMNS) || 80,
    now: () => performance.now() / 1000,
  };
}

/** Errors of writing to a pipe without a reader, or to a terminal that is gone. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO', 'ENXIO', 'ECONNRESET']);
const FAILED = 1;

function output(stream: NodeJS.WriteStream): (text: string) => void {
  let open = true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!open) return;
    open = false;
    const isGone = GONE.has(error.code);
    if (!isGone && stream !== process.stderr) {
      process.stderr.write(
        `error Standard output cannot be written: ${error.message}.\nCheck the disk and the file.\n`,
      );
    }
    requestStop(isGone ? exitCodeOf('SIGPIPE') : FAILED);
  });
  return (text) => {
    if (open) stream.write(text);
  };
}

/** Columns for text and tables: the width of the terminal or pipe, between 40 and 110. */
export function textColumns(io: Pick<Io, 'columns'>): number {
  return textWidth(io.columns());
}

/** Prints a JSON document on standard output. */
export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints lines on standard output. */
export function printLines(io: Io, lines: readonly string[]): void {
  io.out(lines.map((line) => `${line}\n`).join(''));
}
