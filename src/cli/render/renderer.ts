/** What `evolve` and `resume` do with the event stream: write lines, keep a live line, or print JSON. */

import type { RunEvent } from '../../events.ts';
import type { EvalResult } from '../../types.ts';
import { remaining, tick, type StageClock } from './clock.ts';
import type { Palette } from './palette.ts';
import { eventLines, progressLine, type LineContext } from './plain.ts';

export interface Renderer {
  handle(event: RunEvent): void;
  /** A line of the program itself, between the run's own. */
  note(line: string): void;
  /** Leaves the terminal as it was found. */
  close(): void;
}

type Write = (text: string) => void;
/** Seconds, of any origin. */
type Now = () => number;

/** Seconds between two progress lines of a log. */
const THROTTLE = 5;

/** One event per line, as JSON; notes go elsewhere. */
export function jsonRenderer(write: Write, note: Write): Renderer {
  return {
    handle: (event) => write(`${JSON.stringify(event)}\n`),
    note: (line) => note(`${line}\n`),
    close: () => undefined,
  };
}

/** Permanent lines only; progress at most every five seconds. */
export function plainRenderer(write: Write, palette: Palette, now: Now, base: EvalResult | null = null): Renderer {
  const lines = lineSource(palette, Number.POSITIVE_INFINITY, base);
  let clock: StageClock | null = null;
  let lastOutput = now();
  return {
    handle(event) {
      const at = now();
      clock = tick(clock, event, at);
      if (event.type === 'progress') {
        if (at - lastOutput < THROTTLE) return;
        write(`    ${progressLine(event, clock && remaining(clock, at))}\n`);
        lastOutput = at;
        return;
      }
      for (const line of lines(event)) {
        write(`${line}\n`);
        lastOutput = at;
      }
    },
    note: (line) => write(`${line}\n`),
    close: () => undefined,
  };
}

/** Event to lines, remembering the base's evaluation to compare with; `known` is that of a resumed run. */
export function lineSource(palette: Palette, columns: number, known: EvalResult | null): (event: RunEvent) => string[] {
  let base = known;
  return (event) => {
    const context: LineContext = { palette, columns, base };
    if (event.type === 'evaluation' && event.result.iteration === 0) base = event.result;
    return eventLines(event, context);
  };
}
