/** Writes the page about one run as one file: `rzero export --html`. */

import { basename, dirname, resolve } from 'node:path';
import { readBundle } from '../page/bundle.ts';
import { singleFile } from '../page/single-file.ts';
import { collectRun } from './embedded/collect.ts';
import { openFolder } from './folder-source.ts';

/**
 * Returns the page about the run in a folder, as HTML that loads nothing. What did not fit is named on the page. Throws
 * StoreError if the run cannot be read, ConfigError if the page was not built.
 */
export async function exportPage(runDir: string): Promise<string> {
  const dir = resolve(runDir);
  const id = basename(dir);
  return singleFile(readBundle(), await collectRun(openFolder(dirname(dir)), id), `${id} – rzero`);
}
