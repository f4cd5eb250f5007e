/** Waits for changes in a folder. File systems that report none (network shares, some containers) are polled. */

import { type FSWatcher, watch } from 'node:fs';

export interface FolderChanges {
  /** Resolves once something changed since the last call, after `POLL_MS` at the latest, or when the signal is aborted. */
  next(): Promise<void>;
  close(): void;
}

const POLL_MS = 500;

/** Watches `dir`, which need not exist yet. */
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
      // Not there yet, or not watchable: the timer below is enough.
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

/** Resolves when what `give` hands out is called, or after `POLL_MS`. */
async function until(give: (wake: () => void) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, POLL_MS);
    give(resolve);
  });
  clearTimeout(timer);
}
