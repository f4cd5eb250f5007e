/** Chooses the renderers of a run by the options of the command and the terminal. */

import type { EvalResult } from '../../types.ts';
import type { Io } from '../io.ts';
import { plainPalette } from './palette.ts';
import { fileWriter, quietRenderer, teeRenderer } from './reduced.ts';
import { jsonRenderer, plainRenderer, type Renderer } from './renderer.ts';
import { ttyRenderer } from './tty.ts';

/** Options of the commands that show a run. */
export interface ShowFlags {
  json?: boolean;
  /** Only warnings and the result. */
  quiet?: boolean;
  /** File that the lines of the run are appended to. */
  logFile?: string;
}

/**
 * Returns the renderer of a run. `base`: the evaluation of the base, if known.
 * @throws StoreError if the log file cannot be written
 */
export function rendererFor(io: Io, flags: ShowFlags, base: EvalResult | null): Renderer {
  const all = onScreen(io, flags.json === true, base);
  const shown = flags.quiet === true ? quietRenderer(all) : all;
  if (flags.logFile === undefined) return shown;
  const style = { palette: plainPalette, program: io.program, runsDir: io.runsDir, base };
  return teeRenderer(shown, plainRenderer(fileWriter(flags.logFile), io.now, style));
}

function onScreen(io: Io, json: boolean, base: EvalResult | null): Renderer {
  if (json) return jsonRenderer(io.out, io.err);
  const style = { palette: io.palette, program: io.program, runsDir: io.runsDir, base };
  if (!io.live) return plainRenderer(io.out, io.now, style);
  return ttyRenderer({ write: io.out, columns: io.columns, now: io.now, style });
}
