/**
 * Waits until all promises have ended, also after a failure, so that nothing goes on in the background. Calls `abort` at
 * every failure, and throws the first one.
 */
export async function waitForAll<T>(
  running: readonly Promise<T>[],
  abort: (reason: unknown) => void = () => {},
): Promise<T[]> {
  const failures: unknown[] = [];
  for (const one of running) {
    one.catch((error: unknown) => {
      failures.push(error);
      abort(error);
    });
  }
  const out: T[] = [];
  for (const one of await Promise.allSettled(running)) {
    if (one.status === 'rejected') throw failures[0];
    out.push(one.value);
  }
  return out;
}
