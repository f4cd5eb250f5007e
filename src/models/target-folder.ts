/** Checks where a command writes a model or a file, so that it replaces nothing by accident. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import { holdsModel } from './hub/find-model.ts';

/**
 * Checks the target of a new model folder. An empty folder is free; with `overwrite`, so is a folder that holds a model.
 * @throws ConfigError with a way to go on
 */
export function checkModelTarget(folder: string, overwrite: boolean): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw occupied(`${folder} is a file.`, 'Pass another folder.');
  if (readdirSync(folder).length === 0) return;
  if (!overwrite) {
    throw occupied(`${folder} already exists and is not empty.`, 'Pass another folder, or --overwrite to replace it.');
  }
  if (holdsModel(folder) && !existsSync(join(folder, 'run.db'))) return;
  throw occupied(`${folder} does not hold a model, and --overwrite replaces only models.`, 'Pass another folder.');
}

/**
 * Checks the target of a new file.
 * @throws ConfigError if it exists, unless `overwrite`
 */
export function checkFileTarget(path: string, overwrite: boolean): void {
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) throw occupied(`${path} is a folder.`, 'Pass the name of a file.');
  if (!overwrite) throw occupied(`${path} already exists.`, 'Pass another file, or --overwrite to replace it.');
}

function occupied(message: string, advice: string): ConfigError {
  return new ConfigError(message, advice);
}
