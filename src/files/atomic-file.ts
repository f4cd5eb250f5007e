import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf, StoreError } from '../errors.ts';

/** Writes a file atomically, and creates its folder if needed. Throws StoreError if it cannot be written. */
export function writeWhole(path: string, text: string): void {
  const temp = `${path}.${process.pid}.part`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temp, text, { flush: true });
    renameSync(temp, path);
  } catch (cause) {
    removeQuietly(temp);
    const why = `${path} cannot be written: ${messageOf(cause)}.`;
    throw new StoreError(why, 'Check the path, the rights and the disk.', { cause });
  }
}

/** Removes a file if it exists and can be removed: for clean-up after a failure, which must not hide it. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // A path below something that is not a folder, or a folder that may not be written.
    return;
  }
}
