import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of this package: the folder above `src/`, or above `dist/`. */
const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Returns the path of a file of this package. `path` is relative to the package's root. */
export function packageFile(path: string): string {
  return join(ROOT, path);
}
