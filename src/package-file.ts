import { fileURLToPath } from 'node:url';

/** Where a file of this package is on disk, for messages that name it. `path` is relative to the package's root. */
export function packageFile(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
