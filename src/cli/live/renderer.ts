/**
 * Renderers of the event stream of `evolve` and `resume`: plain lines or JSON. The one with a live line is in `tty.ts`.
 */

import type { RunEvent } from '../../events.ts';
import { remaining, tick, type StageClock } from './clock.ts';
import { withUsage } from '../../loop/remote/usage.ts';
import type { EngineUsage } from '../../types.ts';
import { downloadLine, eventLines, progressLine, type LineContext } from './plain.ts';
import { fit } from '../render/format.ts';
import { waitingLine } from '../render/usage.ts';

export interface Renderer {
  handle(event: RunEvent): void;
  /** Prints a line of the program itself, between the lines of the run. */
  note(line: string): void;
  /** Restores the terminal. */
  close(): void;
}

type Write = (text: string) => void;
/** Seconds from any origin. */
type Now = () => number;

/** Minimum seconds between two progress lines. */
const THROTTLE = 5;
/** The first line about a wait appears after so many seconds, each later one when the wait has doubled. */
const FIRST_WAIT = 10;

/** One event per line as JSON. Notes go to a separate stream. */
export function jsonRenderer(write: Write, note: Write): Renderer {
  return {
    handle: (event) => write(`${JSON.stringify(event)}\n`),
    note: (line) => note(`${line}\n`),
    close: () => undefined,
  };
}

/** Permanent lines only, with progress at most every five seconds. */
export function plainRenderer(write: Write, now: Now, style: LineStyle): Renderer {
  const lines = lineSource(style);
  let clock: StageClock | null = null;
  let lastOutput = now();
  let nextWait = FIRST_WAIT;
  return {
    handle(event) {
      const at = now();
      clock = tick(clock, event, at);
      const permanent = lines(event);
      if (event.type === 'waiting') {
        if (event.seconds < nextWait / 2) nextWait = FIRST_WAIT;
        if (event.seconds < nextWait) return;
        nextWait = 2 * event.seconds;
        write(`    ${fit(waitingLine(event), style.columns - 4)}\n`);
        return;
      }
      if (event.type === 'progress' || (event.type === 'download' && permanent.length === 0)) {
        if (at - lastOutput < THROTTLE) return;
        const line =
          event.type === 'download'
            ? downloadLine(event)
            : progressLine(event, clock && remaining(clock, at), style.verbose);
        write(`    ${fit(line, style.columns - 4)}\n`);
        lastOutput = at;
        return;
      }
      for (const line of permanent) {
        write(`${line}\n`);
        lastOutput = at;
      }
    },
    note: (line) => write(`${line}\n`),
    close: () => undefined,
  };
}

/** Style of the lines. For a resumed run, `base` is the evaluation of the base model. */
export type LineStyle = Omit<LineContext, 'rate' | 'domain' | 'seed' | 'usage'>;

/**
 * Converts events to lines and keeps state between events: the evaluation of the base to compare with, the rate of the
 * current step, and the latest questions of the stage, which are shown when it ends.
 */
export function lineSource({ base: known, ...style }: LineStyle): (event: RunEvent) => string[] {
  const bases = new Map(known === null ? [] : [[known.task, known]]);
  let domain: string | undefined;
  let seed: number | undefined;
  let widest: { total: number; rate: number | null } = { total: 0, rate: null };
  let questions: RunEvent | null = null;
  let usage: EngineUsage | null = null;
  return (event) => {
    if (event.type === 'run-start') usage = event.usage ?? null;
    if (event.type === 'step') usage = withUsage(usage, event.metrics);
    const base = (event.type === 'evaluation' ? bases.get(event.result.task) : known) ?? null;
    const context: LineContext = { ...style, base, domain, seed, rate: widest.rate, usage };
    switch (event.type) {
      case 'progress':
        // The rate of a step is that of its pass over the most sequences.
        if (event.total >= widest.total) widest = { total: event.total, rate: event.tokensPerSecond ?? widest.rate };
        return [];
      case 'questions':
        questions = event;
        return [];
      case 'stage-end': {
        const before = questions === null ? [] : eventLines(questions, context);
        questions = null;
        return [...before, ...eventLines(event, context)];
      }
      case 'run-start':
        ({ domain, seed } = event);
        break;
      case 'step':
        widest = { total: 0, rate: null };
        break;
      case 'evaluation':
        if (event.result.iteration === 0) bases.set(event.result.task, event.result);
        break;
      default:
    }
    return eventLines(event, context);
  };
}
