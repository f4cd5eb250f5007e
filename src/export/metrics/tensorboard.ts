/** Writes metrics as a TensorBoard event file, so that `tensorboard --logdir FOLDER` shows the run. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolderAtomically } from '../../files/atomic-folder.ts';
import { scalarEvent, versionEvent } from './event-bytes.ts';
import type { RunMetrics, TimedPoint } from './read.ts';
import { tfRecord } from './tfrecord.ts';

/** Returns the content of an event file. */
export function eventFile(seconds: number, points: readonly TimedPoint[]): Uint8Array {
  return Buffer.concat([versionEvent(seconds), ...points.map(scalarEvent)].map(tfRecord));
}

/** Writes the event file of a run to a folder. Throws StoreError if it cannot be written. */
export async function exportTensorboard({ meta, points }: RunMetrics, folder: string): Promise<void> {
  const start = Date.parse(meta.createdAt) / 1000;
  const name = `events.out.tfevents.${Math.floor(start)}.rzero.${meta.id.replaceAll(/[^\w.-]+/g, '-')}`;
  await writeFolderAtomically(folder, (temp) => writeFile(join(temp, name), eventFile(start, points)));
}
