/** A checkpoint as a compressed archive: the adapter in PEFT's layout, or a Hugging Face folder. */

import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { z } from 'zod';
import { ADAPTER_CONFIG, BASE_PIN } from '../../../models/adapters/adapter-folder.ts';
import type { Context } from '../context.ts';
import type { Checkpoint } from './store.ts';

/**
 * Returns the bytes of the archive. An adapter names its base as clients know it, not by a folder of this machine. The
 * files are exported to a temporary folder first, which is removed when the stream ends.
 */
export async function archiveOf({ ref, run }: Checkpoint, { engine }: Context): Promise<Readable> {
  const temp = await mkdtemp(join(tmpdir(), 'rzero-archive-'));
  const folder = join(temp, 'checkpoint');
  const remove = (): Promise<void> => rm(temp, { recursive: true, force: true });
  try {
    await engine.exportTo(ref, folder);
    await nameBase(folder, run.base);
  } catch (error) {
    await remove();
    throw error;
  }
  const archive = pack();
  const compressed = createGzip();
  void pipeline(archive, compressed)
    .catch(() => undefined)
    .finally(() => void remove());
  void addFiles(archive, folder).catch((error: unknown) => archive.destroy(error instanceof Error ? error : undefined));
  return compressed;
}

const object = z.record(z.string(), z.unknown());

async function nameBase(folder: string, base: string): Promise<void> {
  const path = join(folder, ADAPTER_CONFIG);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return;
  const config = { ...object.parse(JSON.parse(text)), base_model_name_or_path: base };
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`);
  // It is that of a folder of this machine.
  await rm(join(folder, BASE_PIN), { force: true });
}

async function addFiles(archive: Pack, folder: string): Promise<void> {
  for (const name of (await readdir(folder)).toSorted()) {
    const path = join(folder, name);
    const { size } = await stat(path);
    await pipeline(createReadStream(path), archive.entry({ name, size, mode: 0o644 }));
  }
  archive.finalize();
}
