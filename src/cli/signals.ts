/**
 * Signals: the first one asks the running command to stop, a later one ends the process at once. Commands that have
 * nothing to save end at the first one. npm forwards the SIGINT that the terminal has already sent to the whole process
 * group, so signals within 400 ms count as one press.
 */

import { constants } from 'node:os';

/** Returns the line to print after the first request to stop. */
export function stoppingLine(exitCode: number): string {
  const isGone = exitCode === exitCodeOf('SIGPIPE');
  return isGone ? 'stopping: the reader of the output is gone' : 'stopping; press Ctrl-C again to exit at once';
}

/** SIGUSR1, SIGUSR2 and SIGXCPU are the warnings of batch systems before a time limit. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGXCPU'] as const;
/** Ends the process at once even if it is the first signal. */
const LEAVE_SIGNAL = 'SIGQUIT';

const SAME_PRESS_MS = 400;

export interface StopRequests {
  /** Exit code of the request to stop (128 + number of the signal), or null. */
  exitCode(): number | null;
  /** Ends the handling of requests. */
  dispose(): void;
}

/** Kind of a signal, given the times (ms) of the first signal and of this one. */
export function pressKind(first: number | null, at: number): 'first' | 'same' | 'again' {
  if (first === null) return 'first';
  return at - first < SAME_PRESS_MS ? 'same' : 'again';
}

/** Returns the exit code of a process that a signal ended, as shells report it. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + (constants.signals[signal] ?? 0);
}

interface Handler {
  press(code: number): void;
  request(code: number): void;
  leave(code: number): void;
}

/** The newest one handles all requests. */
const handlers: Handler[] = [];
let listeners = 0;

/** Listens to all signals until it is disposed of. Without a handler, a signal ends the process at once. */
export function listenForSignals(): { dispose(): void } {
  if (listeners++ === 0) {
    for (const signal of STOP_SIGNALS) process.on(signal, onStopSignal);
    process.on(LEAVE_SIGNAL, onLeaveSignal);
  }
  return {
    dispose() {
      if (--listeners > 0) return;
      for (const signal of STOP_SIGNALS) process.off(signal, onStopSignal);
      process.off(LEAVE_SIGNAL, onLeaveSignal);
    },
  };
}

function onStopSignal(signal: NodeJS.Signals): void {
  const handler = handlers.at(-1);
  if (handler === undefined) process.exit(exitCodeOf(signal));
  handler.press(exitCodeOf(signal));
}

function onLeaveSignal(signal: NodeJS.Signals): void {
  handlers.at(-1)?.leave(exitCodeOf(signal));
  process.exit(exitCodeOf(signal));
}

/** Asks the running command to stop, as a signal does, or ends the process with `code` if none can be asked. */
export function requestStop(code: number): void {
  const handler = handlers.at(-1);
  if (handler === undefined) process.exit(code);
  handler.request(code);
}

/** Calls `onFirst` at the first request to stop, and `leave` at a later signal, which must end the process. */
export function onStopRequest(
  onFirst: (exitCode: number) => void,
  leave: (exitCode: number) => void = (exitCode) => process.exit(exitCode),
): StopRequests {
  let pressed: number | null = null;
  let code: number | null = null;
  const request = (exitCode: number): void => {
    if (code !== null) return;
    code = exitCode;
    onFirst(exitCode);
  };
  const handler: Handler = {
    request,
    press(exitCode) {
      const at = performance.now();
      const kind = pressKind(pressed, at);
      if (kind === 'again') leave(exitCode);
      if (kind !== 'first') return;
      pressed = at;
      request(exitCode);
      // A request without a signal may have come first.
      code = exitCode;
    },
    leave,
  };
  handlers.push(handler);
  const listening = listenForSignals();
  return {
    exitCode: () => code,
    dispose() {
      handlers.splice(handlers.indexOf(handler), 1);
      listening.dispose();
    },
  };
}
