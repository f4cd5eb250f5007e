/**
 * Hashes everything that determines a run into one short key: equal keys mean equal runs. Used to find the
 * runs of an ablation that already exist; see `ablate.ts`.
 */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunConfig } from '../config/schema.ts';
import { type FilePin, pinFile } from '../files/file-pin.ts';
import { folderNamedByRun } from '../generate/run-model.ts';
import { openExtensions } from '../loop/run/extensions.ts';
import { pinInputs } from '../loop/run/inputs.ts';
import { placeOfModel } from '../models/adapters/adapter-base.ts';
import { findModel } from '../models/hub/find-model.ts';
import { obtainModel } from '../models/hub/obtain-model.ts';
import { hashModule, isModulePath } from '../modules.ts';

const CODE = fileURLToPath(new URL('../', import.meta.url));
/** Folders whose code only displays or schedules runs. */
const DISPLAY_CODE = /^(cli|ablate)\b/;

/**
 * Hashes the resolved config, this program's code, and the content of everything that the config names by path: the base
 * model, modules and data files. The run's folder is not part of the key. A model on the hub is downloaded.
 */
export async function runKey(config: RunConfig): Promise<string> {
  const { runsDir: _, ...dials } = config;
  const domain = isModulePath(config.domain) ? hashModule(config.domain) : config.domain;
  const model = (await folderNamedByRun(config.model, config.runsDir)) ?? (await obtainModel(config.model));
  const { tasks, code } = await openExtensions(config, {});
  const inputs = await pinInputs({ ...config, model }, tasks);
  const known = [config.audit.planted, config.finetune.data].filter((source) => typeof source === 'string');
  const contents = [
    ...[inputs.model, inputs.base ?? {}, inputs.data].map(contentOf),
    code.map(({ part, version }) => [part, version]),
    await Promise.all(known.map(async (path) => (existsSync(path) ? (await pinFile(path)).sha256 : null))),
  ];
  return shortHash(JSON.stringify({ ...dials, domain, model: contents }), codeHash());
}

/** Returns the hashes of pinned files by name, without what is only true on this machine. */
function contentOf(pins: Readonly<Record<string, FilePin>>): [string, string][] {
  return Object.entries(pins).map(([name, { sha256 }]) => [name, sha256]);
}

/** Hashes all weight files in a model's folder. For an adapter, the weights of its base are included. */
export async function weightsHash(model: string): Promise<string> {
  const folder = findModel(model);
  const hash = createHash('sha256');
  const { base } = await placeOfModel(folder);
  if (base !== folder) hash.update(await weightsHash(base));
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith('.safetensors'))
    .toSorted()) {
    for await (const part of createReadStream(join(folder, name))) hash.update(part);
  }
  return hash.digest('hex').slice(0, 12);
}

let code: string | null = null;

/**
 * Hashes every module that affects a run. Works on the sources and on the build, but the two give different
 * values.
 */
export function codeHash(): string {
  code ??= shortHash(
    ...readdirSync(CODE, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.[jt]s$/.test(path) && !/\.(test|contract|d)\.[jt]s$/.test(path) && !DISPLAY_CODE.test(path))
      .toSorted()
      .flatMap((path) => [path, readFileSync(join(CODE, path))]),
  );
  return code;
}

/** Returns the first 12 hexadecimal digits of the SHA-256 of all `parts`. */
export function shortHash(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 12);
}
