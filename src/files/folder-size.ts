import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Returns the bytes of all files in a folder, without following links; 0 if it does not exist. */
export function folderSize(folder: string): number {
  if (!existsSync(folder)) return 0;
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0);
}

/** Bytes of a block in `Stats.blocks`, on every system. */
const BLOCK = 512;

/**
 * Returns the bytes that a folder's files occupy on the disk, without following links; 0 if it does not exist. A file
 * with several names in the folder counts once. Differs from `folderSize` by the rest of each file's last block, and for
 * files with holes.
 * @param counts tells by its name whether a file counts; default: all do
 */
export function diskUse(folder: string, counts: (name: string) => boolean = () => true): number {
  if (!existsSync(folder)) return 0;
  const seen = new Set<string>();
  let total = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !counts(entry.name)) continue;
    const { dev, ino, blocks } = lstatSync(join(entry.parentPath, entry.name));
    const file = `${dev}:${ino}`;
    if (seen.has(file)) continue;
    seen.add(file);
    total += blocks * BLOCK;
  }
  return total;
}
