/**
 * Ctrl-C and SIGTERM: the first asks for a clean stop, the next leaves at once. npm passes on the SIGINT
 * that the terminal already sent to the whole process group, so signals that follow one another within
 * a moment count as one press.
 */

const SAME_PRESS_MS = 400;

export interface StopRequests {
  /** Exit code of the signal that asked first (130, 143), or null. */
  exitCode(): number | null;
  /** Puts the previous handling back. */
  dispose(): void;
}

/** What a press means, given the times (ms) of the first signal and of this one. */
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
