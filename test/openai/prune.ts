import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Deletes the saved weights of a run whose names begin so. */
export async function deleteWeights(runDir: string, start: string): Promise<void> {
  const weights = join(runDir, 'weights');
  for (const name of await readdir(weights)) {
    if (name.startsWith(start)) await rm(join(weights, name), { recursive: true });
  }
}
