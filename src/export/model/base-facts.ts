/** Reads what is known of the base of a run: its public name, its licence and the hashes of its weights. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { RunConfig } from '../../config/schema.ts';
import { modelName } from '../../config/model-name.ts';
import { keptInputs } from '../../generate/run-inputs.ts';
import { publicName } from '../../models/adapters/adapter-base.ts';
import { findModel } from '../../models/hub/find-model.ts';
import { isHubId } from '../../models/hub/hub.ts';
import { packageFile } from '../../package-file.ts';
import type { RunStore } from '../../store/store.ts';
import type { BaseFacts } from './facts.ts';

/** Reads the facts of a run's base. A base that is gone still has the name and hashes that the run recorded. */
export async function baseFacts(store: Pick<RunStore, 'meta' | 'partials'>): Promise<BaseFacts> {
  const { config } = store.meta();
  const folder = findModel(config.model);
  const pins = keptInputs(store)?.model ?? {};
  const weights = Object.entries(pins)
    .filter(([file]) => file.endsWith('.safetensors'))
    .map(([file, { sha256 }]) => ({ file, sha256 }));
  return { ...namesOf(config, folder), license: await licenseOf(folder), weights };
}

function namesOf(config: RunConfig, folder: string): Pick<BaseFacts, 'name' | 'hub'> {
  const known = config.engine.kind === 'tinker' ? modelName(config) : publicName(folder);
  if (known !== folder && isHubId(known)) return { name: known, hub: known };
  return { name: shippedName(folder) ?? basename(folder), hub: null };
}

/** Returns the path within the package of a model that ships with it; null for others. */
export function shippedName(folder: string): string | null {
  const path = relative(packageFile('models'), folder);
  return path.startsWith('..') || path === '' || path.includes(':') ? null : `models/${path.replaceAll('\\', '/')}`;
}

/** Longest front matter that is read. */
const MOST = 100_000;

/** Returns the licence that a model's own card names; null if it names none. */
export async function licenseOf(folder: string): Promise<string | null> {
  const path = join(folder, 'README.md');
  if (!existsSync(path)) return null;
  const text = (await readFile(path, 'utf8')).slice(0, MOST);
  const matter = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1] ?? '';
  return /^license:[ \t]*["']?([a-z0-9][a-z0-9.+-]{0,60})["']?[ \t]*\r?$/im.exec(matter)?.[1] ?? null;
}
