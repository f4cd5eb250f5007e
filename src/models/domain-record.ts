/**
 * The domain that a model was trained in, in a small file in its folder. Prompts are part of what a model has learned, so
 * a command that uses a folder without its run needs to know them. The file is no part of the model: fingerprints leave
 * it out.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../files/atomic-file.ts';
import { readJsonIfPresent } from '../files/json-file.ts';
import { placeOfModel } from './adapters/adapter-base.ts';

/** Name of the file. */
export const DOMAIN_RECORD = 'rzero.json';

const record = z.object({ domain: z.string().min(1) });

/** Writes the domain (a name, or the path of a module) into a model's folder, if there is such a folder. */
export function writeDomainRecord(folder: string, domain: string): void {
  if (existsSync(folder)) writeWhole(join(folder, DOMAIN_RECORD), `${JSON.stringify({ domain }, null, 2)}\n`);
}

/**
 * Returns the domain that a folder records; for an adapter without a record, that of its base. Null if none does. Throws
 * ModelLoadError if the file is no JSON.
 */
export async function readDomainRecord(folder: string): Promise<string | null> {
  const own = await recordIn(folder);
  if (own !== null) return own;
  const { base } = await placeOfModel(folder);
  return base === folder ? null : recordIn(base);
}

async function recordIn(folder: string): Promise<string | null> {
  const parsed = record.safeParse(await readJsonIfPresent(join(folder, DOMAIN_RECORD)));
  return parsed.success ? parsed.data.domain : null;
}
