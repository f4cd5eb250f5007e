import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the bytes of all files in a folder, without following links; 0 if it does not exist. */
export function folderSize(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0);
}
