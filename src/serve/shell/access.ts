/** Checks before a server starts that not everybody can use it. */

import { ConfigError } from '../../errors.ts';
import { isLoopback } from './guard.ts';

const SHORTEST_KEY = 16;

/** Throws ConfigError for an address that others can reach without a key, and for a key that can be guessed. */
export function checkAccess(host: string, key: string | null): void {
  if (key === null) {
    if (isLoopback(host)) return;
    throw new ConfigError(
      `Everybody who reaches ${host} could use the server: it needs a key.`,
      'Set RZERO_SERVE_KEY to a key, or leave out --host to serve this machine only.',
    );
  }
  if (key.length >= SHORTEST_KEY) return;
  throw new ConfigError(
    `The key has ${key.length} characters.`,
    `Set RZERO_SERVE_KEY to a key of at least ${SHORTEST_KEY} characters.`,
  );
}
