/**
 * The built page: the files that `vite build` writes to `dist/web` from `web/`. They are read once into memory, so that no
 * path of a request reaches the file system.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../errors.ts';

export interface BundleFile {
  /** Path below the page's address, e.g. `assets/index.js`. */
  path: string;
  type: string;
  bytes: Buffer;
}

const FOLDER = fileURLToPath(new URL('../../dist/web', import.meta.url));

const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.woff2', 'font/woff2'],
  ['.svg', 'image/svg+xml'],
]);

/** Reads the built page. Throws ConfigError if it was not built. */
export function readBundle(folder: string = FOLDER): BundleFile[] {
  if (!existsSync(join(folder, 'index.html'))) {
    throw new ConfigError('The page is not built.', 'Run `npm run build` in the folder of the project.');
  }
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const path = relative(folder, file).split(sep).join('/');
      return { path, type: TYPES.get(extname(path)) ?? 'application/octet-stream', bytes: readFileSync(file) };
    });
}
