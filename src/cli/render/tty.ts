/**
 * The terminal with one live line at the bottom, rewritten in place, below the permanent lines of
 * `plain.ts`. Not a full-screen interface: everything permanent stays in the scroll-back.
 */

import type { RunEvent } from '../../events.ts';
import type { EvalResult } from '../../types.ts';
import { remaining, tick, type StageClock } from './clock.ts';
import { bar, fit } from './format.ts';
import type { Palette } from './palette.ts';
import { progressLine } from './plain.ts';
import { lineSource, type Renderer } from './renderer.ts';

/** Seconds between two paints of the live line. */
const FRAME = 0.08;
const BAR_COLUMNS = 16;
const CLEAR_LINE = '\r\u001b[2K';

export interface TtyOptions {
  write: (text: string) => void;
  palette: Palette;
  /** Asked anew for each line: windows change. */
  columns: () => number;
  /** Seconds. */
  now: () => number;
  /** The base's evaluation, where a resumed run has it already. */
  base?: EvalResult | null;
}

/** The live line: `█████░░░  step 3/15 · rollouts 120/256 · 4.2 k tokens/s · 1 min 05 s left`, cut to `columns`. */
export function statusLine(
  event: Extract<RunEvent, { type: 'progress' }>,
  clock: StageClock | null,
  at: number,
  columns: number,
): string {
  const share = clock?.share ?? 0;
  const text = `${bar(share, BAR_COLUMNS)}  ${progressLine(event, clock && remaining(clock, at))}`;
  return fit(`  ${text}`, Math.max(10, columns - 1));
}

/** A renderer for a terminal. */
export function ttyRenderer(options: TtyOptions): Renderer {
  const { write, palette, columns, now } = options;
  const lines = lineSource(palette, Math.max(40, Math.min(110, columns())), options.base ?? null);
  let clock: StageClock | null = null;
  let live = false;
  let painted = Number.NEGATIVE_INFINITY;

  const erase = (): string => {
    const text = live ? CLEAR_LINE : '';
    live = false;
    return text;
  };

  return {
    handle(event) {
      const at = now();
      clock = tick(clock, event, at);
      if (event.type === 'progress') {
        if (at - painted < FRAME && event.done < event.total) return;
        write(`${CLEAR_LINE}${palette.dim(statusLine(event, clock, at, columns()))}`);
        live = true;
        painted = at;
        return;
      }
      const out = lines(event);
      if (out.length > 0) write(`${erase()}${out.join('\n')}\n`);
    },
    note: (line) => write(`${erase()}${line}\n`),
    close: () => write(erase()),
  };
}
