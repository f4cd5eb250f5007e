/** A value that is opened when it is first needed, also if several steps need it at the same time. */
export interface OpenOnce<T> {
  get(): Promise<T>;
  /** Closes the value if it was opened. */
  close(): Promise<void>;
}

/** Opens with `open` at the first `get`; a failure is thrown to every caller. */
export function openOnce<T extends { close(): Promise<void> }>(open: () => Promise<T>): OpenOnce<T> {
  let opened: Promise<T> | null = null;
  return {
    get: () => (opened ??= open()),
    async close() {
      const value = await opened?.catch(() => null);
      await value?.close();
    },
  };
}
