/** Chooses the renderers of a run by the options of the command and the terminal. */

import type { EvalResult } from '../../types.ts';
import { textColumns, type Io } from '../io.ts';
import { plainPalette } from '../render/palette.ts';
import { fileWriter, quietRenderer, teeRenderer } from './reduced.ts';
import { jsonRenderer, plainRenderer, type Renderer } from './renderer.ts';
import { ttyRenderer } from './tty.ts';

/** Options of the commands that show a run. */
export interface ShowFlags {
  json?: boolean;
  /** Only warnings and the result. */
  quiet?: boolean;
  /** All numbers of each step and of the result. */
  verbose?: boolean;
  /** File that the lines of the run are appended to. */
  logFile?: string;
}

/**
 * Returns the renderer of a run. `base`: the evaluation of the base, if known.
 * @throws StoreError if the log file cannot be written
 */
export function rendererFor(io: Io, flags: ShowFlags, base: EvalResult | null): Renderer {
  const all = onScreen(io, flags, base);
  const shown = flags.quiet === true ? quietRenderer(all) : all;
  if (flags.logFile === undefined) return shown;
  // A log is searched line by line: it has all numbers, and its lines are never broken.
  const whole = { verbose: true, columns: Infinity };
  const style = { palette: plainPalette, program: io.program, runsDir: io.runsDir, base, ...whole };
  return teeRenderer(shown, plainRenderer(fileWriter(flags.logFile), io.now, style));
}

function onScreen(io: Io, { json, verbose = false }: ShowFlags, base: EvalResult | null): Renderer {
  if (json === true) return jsonRenderer(io.out, io.err);
  const style = { palette: io.palette, program: io.program, runsDir: io.runsDir, base, verbose };
  if (!io.live) return plainRenderer(io.out, io.now, { ...style, columns: textColumns(io) });
  return ttyRenderer({ write: io.out, columns: io.columns, now: io.now, style });
}
