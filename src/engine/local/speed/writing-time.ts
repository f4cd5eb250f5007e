/** Times the disk: a training step saves its policy. */

import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Weights } from '../../../models/decoder-config.ts';
import { writeSafetensors } from '../../../models/weights/safetensors.ts';
import { secondsOf } from './timing.ts';

/** Taken where no temporary file can be written. */
const TYPICAL = 2e-9;

/** Returns the seconds per byte of writing weights to the folder of temporary files, to the end of the sync. */
export async function writingTime(weights: Weights): Promise<number> {
  const bytes = Array.from(weights.values()).reduce((sum, { data }) => sum + data.byteLength, 0);
  try {
    return (await secondsOf(() => inScratch((path) => writeSynced(path, weights)))) / bytes;
  } catch {
    return TYPICAL;
  }
}

async function writeSynced(path: string, weights: Weights): Promise<void> {
  await writeSafetensors(path, weights);
  const handle = await open(path, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function inScratch(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rzero-speed-'));
  try {
    await work(join(folder, 'trial.safetensors'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
