/** The folder of a model that a command reads: on this machine, or downloaded from the service of its run. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../../engine/open-engine.ts';
import { obtainModel } from '../../models/hub/obtain-model.ts';
import { showDownload } from '../download.ts';
import type { Io } from '../io.ts';
import { configFor, folderOfSubject, type Subject } from '../settings.ts';
import type { ServiceFlags } from './flags.ts';
import { reportWaits } from './waits.ts';

/**
 * Runs `work` with the folder of a model. A state that only a service has is downloaded to a temporary folder, which is
 * deleted afterwards; the base of a downloaded adapter is obtained as for any model.
 * @throws ConfigError if another engine keeps the weights; EngineError if the service does not send them
 */
export async function withFolder<T>(
  subject: Subject,
  flags: ServiceFlags,
  io: Io,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const { weights, exported } = subject;
  const config = configFor(subject, flags);
  if (exported !== null || weights.kind !== 'state' || config.engine.kind !== 'tinker') {
    return work(folderOfSubject(subject));
  }
  const place = await mkdtemp(join(tmpdir(), 'rzero-export-'));
  try {
    const folder = join(place, 'model');
    const engine = await openEngine(config.engine, undefined, reportWaits(io));
    try {
      await engine.exportTo(weights, folder);
    } finally {
      await engine.close();
    }
    return await work(folder);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Downloads the base of an adapter, if it is not here. */
export async function withBase(folder: string, name: string, io: Io): Promise<string> {
  return showDownload(io, name, (onProgress) => obtainModel(folder, { onProgress }));
}
