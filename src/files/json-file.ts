/** Reads the JSON files of a checkpoint folder, with a size limit and errors that name the file. */

import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, ModelLoadError } from '../errors.ts';
import { IMPOSTOR_BYTES, impostorOf } from './impostor.ts';

/** Maximum file size in bytes; the largest published tokenizer.json has about 35 MB. */
const MAX_BYTES = 256 * 1024 * 1024;

const objectSchema = z.record(z.string(), z.unknown());

/**
 * Returns the file's JSON object, or null if the file does not exist. Throws ModelLoadError if it is no JSON object.
 */
export async function readJsonIfPresent(path: string): Promise<Record<string, unknown> | null> {
  const text = await readTextIfPresent(path);
  if (text === null) return null;
  try {
    const value = objectSchema.safeParse(JSON.parse(text));
    if (value.success) return value.data;
    throw new SyntaxError(`it holds ${text.trim().slice(0, 40)}`);
  } catch (cause) {
    throw new ModelLoadError(
      `${path} does not hold a JSON object (${text.trim() === '' ? 'it is empty' : messageOf(cause).split('\n', 1)[0].slice(0, 120)}).`,
      'Download or write this file again.',
      { cause },
    );
  }
}

/** Same as `readJsonIfPresent`, but throws ModelLoadError if the file is missing. */
export async function readJson(path: string, what: string): Promise<Record<string, unknown>> {
  const json = await readJsonIfPresent(path);
  if (json !== null) return json;
  throw new ModelLoadError(
    `${path} is missing; expected ${what}.`,
    'Check the path: a model is a Hugging Face folder with config.json, model.safetensors and tokenizer.json.',
  );
}

/** Returns the file's text, or null if the file does not exist. Throws ModelLoadError for a pointer or a web page. */
export async function readTextIfPresent(path: string): Promise<string | null> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES)
      throw new ModelLoadError(
        `${path} has ${size} bytes; expected at most ${MAX_BYTES}.`,
        'Download this file again.',
      );
    const text = await readFile(path, 'utf8');
    const impostor = impostorOf(text.slice(0, IMPOSTOR_BYTES));
    if (impostor !== null) throw new ModelLoadError(`${path} holds ${impostor.found}.`, impostor.advice);
    return text;
  } catch (error) {
    if (error instanceof ModelLoadError) throw error;
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw new ModelLoadError(`${path} cannot be read: ${messageOf(error)}.`, 'Check the path and its permissions.', {
      cause: error,
    });
  }
}
