/** Waits for changes in a folder. Also polls it, because some file systems (network shares, containers) report none. */

import { type FSWatcher, watch } from 'node:fs';

export interface FolderChanges {
  /** Resolves when something changed since the last call, after at most `POLL_MS`, or when the signal is aborted. */
  next(): Promise<void>;
  close(): void;
}

const POLL_MS = 500;

/** Watches `dir`, which may not exist yet. */
export function watchFolder(dir: string, signal?: AbortSignal): FolderChanges {
  let watcher: FSWatcher | null = null;
  let changed = false;
  let wake = (): void => {};
  const ring = (): void => {
    changed = true;
    wake();
  };
  const stop = (): void => {
    watcher?.close();
    watcher = null;
  };
  const start = (): void => {
    try {
      watcher ??= watch(dir, ring).on('error', stop);
    } catch {
      // The folder does not exist or cannot be watched: the timer below is enough.
    }
  };
  signal?.addEventListener('abort', ring);
  return {
    async next() {
      start();
      if (!changed && signal?.aborted !== true) await until((resolve) => (wake = resolve));
      changed = false;
    },
    close() {
      signal?.removeEventListener('abort', ring);
      stop();
    },
  };
}

/** Resolves when the callback passed to `give` is called, or after `POLL_MS`. */
async function until(give: (wake: () => void) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, POLL_MS);
    give(resolve);
  });
  clearTimeout(timer);
}
