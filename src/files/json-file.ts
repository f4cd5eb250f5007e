/** JSON files of a checkpoint folder: size limit, parse, and errors that name the file. */

import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, ModelLoadError } from '../errors.ts';

/** Larger than any published tokenizer.json (some 35 MB). */
const MAX_BYTES = 256 * 1024 * 1024;

const objectSchema = z.record(z.string(), z.unknown());

/** The file's JSON object, or null when there is no such file. ModelLoadError when it is anything but a JSON object. */
export async function readJsonIfPresent(path: string): Promise<Record<string, unknown> | null> {
  const text = await readTextIfPresent(path);
  if (text === null) return null;
  try {
    return objectSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new ModelLoadError(
      `${path} does not hold a JSON object (${messageOf(cause).split('\n', 1)[0].slice(0, 120)}).`,
      'Download or write this file again.',
      { cause },
    );
  }
}

/** As `readJsonIfPresent`, but a missing file is a ModelLoadError. */
export async function readJson(path: string, what: string): Promise<Record<string, unknown>> {
  const json = await readJsonIfPresent(path);
  if (json !== null) return json;
  throw new ModelLoadError(
    `${path} is missing; expected ${what}.`,
    'Check the path: a model is a Hugging Face folder with config.json, model.safetensors and tokenizer.json.',
  );
}

/** The file's text, or null when there is no such file. */
export async function readTextIfPresent(path: string): Promise<string | null> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES)
      throw new ModelLoadError(
        `${path} has ${size} bytes; expected at most ${MAX_BYTES}.`,
        'Download this file again.',
      );
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof ModelLoadError) throw error;
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw new ModelLoadError(`${path} cannot be read: ${messageOf(error)}.`, 'Check the path and its permissions.', {
      cause: error,
    });
  }
}
