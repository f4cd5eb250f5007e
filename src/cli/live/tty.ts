/**
 * Terminal output with one live line at the bottom that is rewritten in place, below the permanent lines of
 * `plain.ts`. It is not a full-screen interface: permanent lines stay in the scroll-back.
 */

import type { RunEvent } from '../../events.ts';
import { remaining, tick, type StageClock } from './clock.ts';
import { bar, fit, textWidth } from '../render/format.ts';
import { downloadLine, progressLine } from './plain.ts';
import { lineSource, type LineStyle, type Renderer } from './renderer.ts';
import { waitingLine } from '../render/usage.ts';

/** Seconds between two paints of the live line. */
const FRAME = 0.08;
const BAR_COLUMNS = 16;
const CLEAR_LINE = '\r\u001b[2K';

export interface TtyOptions {
  write: (text: string) => void;
  /** Called for each live line, because the window may be resized. */
  columns: () => number;
  /** Seconds. */
  now: () => number;
  style: Omit<LineStyle, 'columns'>;
}

type LiveEvent = Extract<RunEvent, { type: 'progress' | 'download' | 'waiting' }>;

/** The live line: `█████░░░  step 3/15 · rollouts 120/256 · 1 min 05 s left`, cut to `columns`. */
export function statusLine(
  event: LiveEvent,
  clock: StageClock | null,
  at: number,
  columns: number,
  verbose = false,
): string {
  const share = event.type === 'download' ? event.done / (event.total ?? Infinity) : (clock?.share ?? 0);
  const text = `${bar(share, BAR_COLUMNS)}  ${liveText(event, clock && remaining(clock, at), verbose)}`;
  return fit(`  ${text}`, Math.max(10, columns - 1));
}

function liveText(event: LiveEvent, left: number | null, verbose: boolean): string {
  switch (event.type) {
    case 'download':
      return downloadLine(event);
    case 'waiting':
      return waitingLine(event);
    case 'progress':
      return progressLine(event, left, verbose);
  }
}

/** A renderer for a terminal. */
export function ttyRenderer(options: TtyOptions): Renderer {
  const { write, columns, now, style } = options;
  const lines = lineSource({ ...style, columns: textWidth(columns()) });
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
      const permanent = lines(event);
      const isLive = event.type === 'progress' || event.type === 'waiting' || event.type === 'download';
      if (isLive && permanent.length === 0) {
        if (at - painted < FRAME && !('done' in event && event.done === event.total)) return;
        write(`${CLEAR_LINE}${style.palette.dim(statusLine(event, clock, at, columns(), style.verbose))}`);
        live = true;
        painted = at;
        return;
      }
      if (permanent.length > 0) write(`${erase()}${permanent.join('\n')}\n`);
    },
    note: (line) => write(`${erase()}${line}\n`),
    close: () => write(erase()),
  };
}
