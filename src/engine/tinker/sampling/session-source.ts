/** Where a sampler's session on a service comes from, and how it is opened again when the service has lost it. */
export interface SessionSource {
  /** Id of the sampling session. Rejects with EngineError `lost-sampler` if its weights are gone for good. */
  session(): Promise<string>;
  /** Opens the session again, once for all calls that lost the same one. */
  renew(lost: string): Promise<void>;
  close(): Promise<void>;
}

/** A session that `open` opens, and opens again after it was lost. */
export function renewable(open: () => Promise<string>, close: () => Promise<void> = async () => {}): SessionSource {
  let current: Promise<string> | null = null;
  const session = (): Promise<string> => {
    current ??= open().catch((error: unknown) => {
      current = null;
      throw error;
    });
    return current;
  };
  return {
    session,
    async renew(lost) {
      if ((await session()) !== lost) return;
      current = null;
      await session();
    },
    close,
  };
}
