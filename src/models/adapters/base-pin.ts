/**
 * The fingerprint of an adapter's base: `base_fingerprint.json` in the adapter's folder. An adapter changes the outputs
 * of one base only; over another one it is another model. Adapters of other tools have no such file, and their base is
 * not checked.
 */

import { writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelLoadError } from '../../errors.ts';
import { portablePin } from '../../files/file-pin.ts';
import { readJsonIfPresent } from '../../files/json-file.ts';
import { type Chosen, confirmModel, describeChanges, type ModelPin, modelPin, pinModel } from '../model-pin.ts';
import { ADAPTER_CONFIG, BASE_PIN } from './adapter-folder.ts';

const GENERATION = 'generation_config.json';
const TOKENIZER = /^(?:tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|chat_template\.jinja)$/;

/** Pins the base of a new adapter. */
export async function pinBase(base: string): Promise<ModelPin> {
  return pinModel(base);
}

/** Writes a base's pin into an adapter's folder. */
export async function writeBasePin(folder: string, files: ModelPin): Promise<void> {
  await writeFile(join(folder, BASE_PIN), `${JSON.stringify({ format: 1, files }, null, 2)}\n`);
}

const fileSchema = z.looseObject({ format: z.literal(1), files: modelPin });

/** Returns the pin in an adapter's folder; null without one. Throws ModelLoadError if it is malformed. */
export async function readBasePin(folder: string): Promise<ModelPin | null> {
  const path = join(folder, BASE_PIN);
  const json = await readJsonIfPresent(path);
  if (json === null) return null;
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data.files;
  throw new ModelLoadError(
    `${path} does not hold the fingerprint of a base.`,
    'Restore the file, or delete it to use the adapter without a check of its base.',
    { cause: parsed.error },
  );
}

/** Returns a pin that is also true on another machine. */
export function portableBasePin(files: ModelPin): ModelPin {
  return Object.fromEntries(Object.entries(files).map(([name, pin]) => [name, portablePin(pin)]));
}

/** Selects the files of the base that the adapter in `folder` uses: an adapter may have a tokenizer of its own. */
export function usedOfBase(folder: string): Chosen {
  const own = {
    tokenizer: existsSync(join(folder, 'tokenizer.json')),
    generation: existsSync(join(folder, GENERATION)),
  };
  return (name) => !(own.tokenizer && TOKENIZER.test(name)) && !(own.generation && name === GENERATION);
}

/**
 * Checks that the base in `base` is the one that the adapter in `folder` was trained on. A base without any weights, of
 * which only the texts were downloaded, is compared by its texts.
 * @throws ModelLoadError with the changed files
 */
export async function confirmBase(folder: string, base: string, pin: ModelPin): Promise<void> {
  const used = usedOfBase(folder);
  const { changes } = await confirmModel(base, pin, used);
  const isWeights = (name: string): boolean => name.includes('.safetensors');
  const hasWeights = Object.keys(pin).some((name) => isWeights(name) && existsSync(join(base, name)));
  const isDownloading = !hasWeights && changes.every(({ name, kind }) => isWeights(name) && kind === 'missing');
  if (changes.length === 0 || isDownloading) return;
  throw new ModelLoadError(
    describeChanges(changes, {
      folder: base,
      model: 'the base model',
      since: `the adapter ${folder} was trained on it`,
    }),
    `Restore the base, or set base_model_name_or_path in ${join(folder, ADAPTER_CONFIG)} to a folder with the original one. To use the adapter over the changed base, delete ${join(folder, BASE_PIN)}.`,
  );
}
