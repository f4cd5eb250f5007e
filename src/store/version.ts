import { readFileSync } from 'node:fs';

/** Version of this package, from its package.json (the same relative path from `src/` and from `dist/`). */
export const RZERO_VERSION: string = readVersion();

function readVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}
