/** Loads data for a view, and loads it again when the run has moved on. */

import { useEffect, useState } from 'preact/hooks';

export interface Loaded<T> {
  /** The newest data; kept while newer data is loaded. Null before the first. */
  data: T | null;
  /** Why the newest attempt failed; null if it did not. */
  error: Error | null;
  reload(): void;
}

/** Calls `load` at first and whenever `keys` change. An answer that arrives after a newer request is dropped. */
export function useLoaded<T>(load: () => Promise<T>, keys: readonly unknown[]): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; error: Error | null }>({ data: null, error: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    load().then(
      (data) => isCurrent && setState({ data, error: null }),
      (cause: unknown) => {
        const error = cause instanceof Error ? cause : new Error(String(cause));
        if (isCurrent) setState(({ data }) => ({ data, error }));
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [...keys, round]);
  return { ...state, reload: () => setRound((number) => number + 1) };
}
