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
    rmSync(temp, { force: true });
    const why = `${path} cannot be written: ${messageOf(cause)}.`;
    throw new StoreError(why, 'Check the path, the rights and the disk.', { cause });
  }
}
