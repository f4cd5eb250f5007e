/**
 * Ctrl-C and SIGTERM: the first signal requests a clean stop, the second exits at once. npm forwards the SIGINT that
 * the terminal has already sent to the whole process group, so signals within 400 ms count as one press.
 */

/** Printed after the first signal while a run finishes its step. */
export const STOPPING = 'finishing this step, then saving; press Ctrl-C again to exit at once';

const SAME_PRESS_MS = 400;

export interface StopRequests {
  /** Exit code of the first signal (130 or 143), or null. */
  exitCode(): number | null;
  /** Removes the signal handlers. */
  dispose(): void;
}

/** Kind of a signal, given the times (ms) of the first signal and of this one. */
export function pressKind(first: number | null, at: number): 'first' | 'same' | 'again' {
  if (first === null) return 'first';
  return at - first < SAME_PRESS_MS ? 'same' : 'again';
}

/** Calls `onFirst` at the first signal and `onAgain(exit code)` at a later one. */
export function onStopRequest(onFirst: () => void, onAgain: (exitCode: number) => void): StopRequests {
  let first: number | null = null;
  let code: number | null = null;
  const handle = (signal: 'SIGINT' | 'SIGTERM'): void => {
    const at = performance.now();
    const kind = pressKind(first, at);
    if (kind === 'first') {
      first = at;
      code = signal === 'SIGINT' ? 130 : 143;
      onFirst();
    } else if (kind === 'again') {
      onAgain(signal === 'SIGINT' ? 130 : 143);
    }
  };
  const interrupt = (): void => handle('SIGINT');
  const terminate = (): void => handle('SIGTERM');
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', terminate);
  return {
    exitCode: () => code,
    dispose() {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', terminate);
    },
  };
}
