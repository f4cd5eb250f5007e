/** What decides a run's course, as one short key: equal keys, equal runs. */

import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunConfig } from '../config/schema.ts';
import { placeOfModel } from '../models/adapters/adapter-base.ts';
import { findModel } from '../models/hub/find-model.ts';
import { hashModule, isModulePath } from '../modules.ts';

const CODE = fileURLToPath(new URL('../', import.meta.url));
/** Folders that only show or order runs. */
const BESIDE = /^(cli|ablate|server)\b/;

/** Of the resolved config, the base model's weights and this program's code. Where the run lies does not count. */
export async function runKey(config: RunConfig): Promise<string> {
  const { runsDir: _, ...dials } = config;
  const domain = isModulePath(config.domain) ? hashModule(config.domain) : config.domain;
  return shortHash(JSON.stringify({ ...dials, domain, model: await weightsHash(config.model) }), codeHash());
}

/** Of all weight files of a model's folder; of an adapter, its base's, too. */
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

/** Of every module that a run goes through; the same from sources and, apart from its value, from the build. */
export function codeHash(): string {
  code ??= shortHash(
    ...readdirSync(CODE, { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.[jt]s$/.test(path) && !/\.(test|contract|d)\.[jt]s$/.test(path) && !BESIDE.test(path))
      .toSorted()
      .flatMap((path) => [path, readFileSync(join(CODE, path))]),
  );
  return code;
}

/** First 12 hexadecimal digits of the SHA-256 of all `parts`. */
export function shortHash(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, 12);
}
