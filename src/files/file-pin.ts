/**
 * Fingerprints of files. A pin holds the SHA-256 of the content. It may also hold a stamp (inode, size and times), so
 * that an untouched file is confirmed without reading it. A file that was copied, or only touched, is read once more and
 * is still the same.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, StoreError } from '../errors.ts';

export interface FilePin {
  /** In bytes. */
  size: number;
  /** Of the content, in hexadecimal digits. */
  sha256: string;
  /** Identity of the untouched file on this machine. Absent in a pin that is meant for other machines. */
  stamp?: string;
}

export const filePin: z.ZodType<FilePin> = z.object({
  size: z.number(),
  sha256: z.string(),
  stamp: z.string().optional(),
});

const CHUNK_BYTES = 1 << 20;

/** Pins of this process by path, so that a file is read once. */
const known = new Map<string, FilePin>();

/** Computes the pin of a file. Throws StoreError if it cannot be read. */
export async function pinFile(path: string): Promise<FilePin> {
  // The stamp is taken first: a change while the file is read then shows as a change.
  const { size, stamp } = await look(path);
  const earlier = known.get(path);
  if (earlier?.stamp === stamp) return earlier;
  const pin = { size, sha256: await hashFile(path), stamp };
  known.set(path, pin);
  return pin;
}

/**
 * Compares a file with its pin. Returns the pin, with the stamp of the file as it is now; null if the content differs.
 * Reads the file only if its stamp differs and its size does not. Throws StoreError if it cannot be read.
 */
export async function confirmFile(path: string, pin: FilePin): Promise<FilePin | null> {
  const { size, stamp } = await look(path);
  if (pin.stamp === stamp) return pin;
  if (size !== pin.size) return null;
  const now = await pinFile(path);
  return now.sha256 === pin.sha256 ? now : null;
}

/** Returns a pin without what is only true on this machine. */
export function portablePin({ size, sha256 }: FilePin): FilePin {
  return { size, sha256 };
}

async function look(path: string): Promise<{ size: number; stamp: string }> {
  const { ino, size, mtimeNs, ctimeNs } = await readable(path, () => stat(path, { bigint: true }));
  return { size: Number(size), stamp: [ino, size, mtimeNs, ctimeNs].join('-') };
}

async function hashFile(path: string): Promise<string> {
  return readable(path, async () => {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) hash.update(chunk as Buffer);
    return hash.digest('hex');
  });
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new StoreError(`${path} cannot be read: ${messageOf(cause)}.`, 'Check the path and its permissions.', {
      cause,
    });
  }
}
