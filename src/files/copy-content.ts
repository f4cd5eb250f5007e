import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/**
 * Copies a file's content to a new file with the default permissions. `copyFile` would also copy the permissions, so
 * that a copy of a read-only file could not be written. Links are followed.
 */
export async function copyContent(from: string, to: string): Promise<void> {
  // Opened first, so that a missing file leaves no empty copy.
  const source = await open(from);
  await pipeline(source.createReadStream(), createWriteStream(to));
}
