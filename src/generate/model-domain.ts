/** Finds the domain whose prompts a model was trained with: in its run, in its folder, or in the run around its folder. */

import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { savedFolder } from '../engine/local/states.ts';
import { readDomainRecord } from '../models/domain-record.ts';
import { DATABASE_FILE } from '../store/database.ts';
import { openRun } from '../store/sqlite.ts';
import type { FoundModel } from './open-model.ts';

/** Where a domain comes from; `none` if the model names no domain. */
export type DomainSource = 'run' | 'folder' | 'none';

/** Returns the domain of a found model: a name, or the path of a module. */
export async function domainOfModel({
  config,
  model,
  runDir,
}: FoundModel): Promise<{ domain: string; from: Exclude<DomainSource, 'none'> } | { domain: null; from: 'none' }> {
  if (config !== null && runDir !== null) return { domain: config.domain, from: 'run' };
  const folder = model === null ? null : savedFolder(model.weights);
  const domain = folder === null ? null : await domainOfFolder(folder);
  return domain === null ? { domain, from: 'none' } : { domain, from: 'folder' };
}

/** Returns the domain that a model's folder records, or that of the run whose folder it is in; null if there is none. */
export async function domainOfFolder(folder: string): Promise<string | null> {
  return (await readDomainRecord(folder)) ?? domainOfRunAround(resolve(folder));
}

/** A run keeps `best/` in its folder, and its states one level below `weights/`. */
function domainOfRunAround(folder: string): string | null {
  const parent = dirname(folder);
  const dir = basename(parent) === 'weights' ? dirname(parent) : parent;
  if (!existsSync(join(dir, DATABASE_FILE))) return null;
  const store = openRun(dir, { readOnly: true });
  try {
    return store.meta().config.domain;
  } finally {
    store.close();
  }
}
