/**
 * The program's edge: where text goes, in which colours, and how wide. Commands get it as an argument
 * and touch neither `process.stdout` nor the environment themselves.
 */

import { resolve } from 'node:path';
import { ansiPalette, plainPalette, wantsColour, type Palette } from './render/palette.ts';

export interface Io {
  /** Results: standard output. */
  out(text: string): void;
  /** Notes beside the result: standard error. */
  err(text: string): void;
  /** Whether a person watches standard output. */
  readonly terminal: boolean;
  readonly palette: Palette;
  /** By what name the user calls the program: an npm script does not put it on the path. */
  readonly program: string;
  /** Absolute folder in which runs are found without `--runs-dir`. */
  readonly runsDir: string;
  columns(): number;
  /** Seconds since the program began. */
  now(): number;
}

/** The process's own streams. A reader that goes away (`rzero runs | head -1`) ends the program quietly. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  const terminal = process.stdout.isTTY;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    terminal,
    palette: wantsColour(terminal, process.env) ? ansiPalette : plainPalette,
    program: process.env.npm_lifecycle_event === undefined ? 'rzero' : 'npx rzero',
    runsDir: resolve('runs'),
    columns: () => process.stdout.columns || 100,
    now: () => performance.now() / 1000,
  };
}

/** A JSON document on standard output. */
export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, null, 2)}\n`);
}

/** Lines on standard output. */
export function printLines(io: Io, lines: readonly string[]): void {
  io.out(lines.map((line) => `${line}\n`).join(''));
}
