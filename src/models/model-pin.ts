/**
 * Fingerprints of the files that a model is read from: weights, config, generation config, tokenizer and chat template.
 * Other files of its folder (a README, a log, an optimizer's state) are not part of the model. Pins of single files are
 * in `files/file-pin.ts`.
 */

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { confirmFile, type FilePin, filePin, pinFile } from '../files/file-pin.ts';
import { modelFiles } from './checkpoint-files.ts';

/** Pins by file name. */
export type ModelPin = Record<string, FilePin>;

export const modelPin: z.ZodType<ModelPin> = z.record(z.string(), filePin);

/** A file that is not as it was. */
export interface FileChange {
  name: string;
  kind: 'changed' | 'missing' | 'added';
}

/** Selects file names. */
export type Chosen = (name: string) => boolean;

const every: Chosen = () => true;

/** Pins the files of the model in a folder. A folder that does not exist has none. */
export async function pinModel(folder: string, chosen: Chosen = every): Promise<ModelPin> {
  const pins: ModelPin = {};
  for (const name of await modelFilesIn(folder, chosen)) pins[name] = await pinFile(join(folder, name));
  return pins;
}

/** Compares a folder with its pins. `pin` is the same with new stamps; only files that `chosen` accepts are compared. */
export async function confirmModel(
  folder: string,
  pin: ModelPin,
  chosen: Chosen = every,
): Promise<{ changes: FileChange[]; pin: ModelPin }> {
  const present = new Set(await modelFilesIn(folder, chosen));
  const changes: FileChange[] = [];
  const confirmed: ModelPin = { ...pin };
  for (const [name, before] of Object.entries(pin).filter(([one]) => chosen(one))) {
    const now = present.has(name) ? await confirmFile(join(folder, name), before) : null;
    if (now !== null) confirmed[name] = now;
    else changes.push({ name, kind: present.has(name) ? 'changed' : 'missing' });
  }
  for (const name of present) if (!(name in pin)) changes.push({ name, kind: 'added' });
  return { changes, pin: confirmed };
}

async function modelFilesIn(folder: string, chosen: Chosen): Promise<string[]> {
  // A folder that cannot be read has no files here; the reader of the model reports the reason.
  const names = await readdir(folder).catch(() => []);
  const chosenNames = modelFiles(names).filter(chosen).toSorted();
  const areFiles = await Promise.all(chosenNames.map((name) => isFile(join(folder, name))));
  return chosenNames.filter((_, at) => areFiles[at]);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/**
 * Describes changes in sentences, e.g. `The weights of the base model /models/a/model.safetensors changed since the run
 * started.`
 * @param of.model what the folder is: `the base model`
 * @param of.since the event of the comparison: `the run started`
 */
export function describeChanges(
  changes: readonly FileChange[],
  of: { folder: string; model: string; since: string },
): string {
  return changes
    .map(({ name, kind }) => {
      const { part, plural } = partOf(name);
      const what = `The ${part} of ${of.model} ${join(of.folder, name)}`;
      if (kind === 'changed') return `${what} changed since ${of.since}.`;
      const verb = plural ? 'were' : 'was';
      return `${what} ${verb} ${kind === 'added' ? 'added' : 'removed'} since ${of.since}.`;
    })
    .join(' ');
}

function partOf(name: string): { part: string; plural?: boolean } {
  if (/\.safetensors(?:\.index\.json)?$/.test(name)) return { part: 'weights', plural: true };
  if (name === 'config.json') return { part: 'config' };
  if (name === 'adapter_config.json') return { part: 'adapter config' };
  if (name === 'generation_config.json') return { part: 'generation config' };
  return { part: name === 'chat_template.jinja' ? 'chat template' : 'tokenizer' };
}
