/**
 * START HERE for results that leave the house. This file lists the formats, what each needs, and where it is written.
 * `model/` writes folders of the Hugging Face hub, `gguf/` files for llama.cpp, `data/` the questions as a dataset,
 * `metrics/` tables and files of other trackers; `push/` uploads a folder. Each reads a run or a model and changes neither.
 *
 * Next: `model/model-folder.ts`, `data/dataset-folder.ts`, `metrics/series.ts`, `gguf/gguf-file.ts`.
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { ConfigError } from '../errors.ts';
import { checkFileTarget, checkModelTarget } from '../models/target-folder.ts';

export type Format = 'hf' | 'adapter' | 'gguf' | 'data' | 'csv' | 'tensorboard' | 'trackio' | 'html';

interface FormatSpec {
  /** What is exported: one model, or the records of a run. */
  of: 'model' | 'run';
  /** Ending of the name without `--out`. */
  suffix: string;
  kind: 'file' | 'folder';
  /** Name of a file that shows that a folder was written in this format. */
  mark?: RegExp;
}

/** All formats, in the order in which they are written. */
export const FORMATS: Record<Format, FormatSpec> = {
  hf: { of: 'model', suffix: '-model', kind: 'folder' },
  adapter: { of: 'model', suffix: '-adapter', kind: 'folder' },
  gguf: { of: 'model', suffix: '.gguf', kind: 'file' },
  data: { of: 'run', suffix: '-data', kind: 'folder', mark: /^questions\.parquet$/ },
  csv: { of: 'run', suffix: '-csv', kind: 'folder', mark: /^metrics\.csv$/ },
  tensorboard: { of: 'run', suffix: '-tensorboard', kind: 'folder', mark: /^events\.out\.tfevents\./ },
  trackio: { of: 'run', suffix: '-trackio', kind: 'folder', mark: /\.db$/ },
  html: { of: 'run', suffix: '.html', kind: 'file' },
};

/** A format, and the absolute path that it is written to. */
export interface Target {
  format: Format;
  path: string;
}

/**
 * Returns where each format is written. `out` is the target of a single format, and the folder of several; without it,
 * each is written to the working directory, under the name of the run or model.
 */
export function targetsOf(formats: readonly Format[], name: string, out: string | undefined): Target[] {
  const [only] = formats;
  if (out !== undefined && formats.length === 1) return [{ format: only, path: resolve(out) }];
  return formats.map((format) => ({ format, path: resolve(out ?? '.', `${name}${FORMATS[format].suffix}`) }));
}

/**
 * Checks that a target is free. With `overwrite`, it may be replaced if it was written in the same format.
 * @throws ConfigError with a way to go on
 */
export function checkTarget({ format, path }: Target, overwrite: boolean): void {
  const { kind, mark } = FORMATS[format];
  if (kind === 'file') checkFileTarget(path, overwrite);
  else if (mark === undefined) checkModelTarget(path, overwrite);
  else checkRecords(path, mark, overwrite);
}

function checkRecords(path: string, mark: RegExp, overwrite: boolean): void {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) throw new ConfigError(`${path} is a file.`, 'Pass another folder with --out.');
  const names = readdirSync(path);
  if (names.length === 0) return;
  if (!overwrite)
    throw new ConfigError(
      `${path} already exists and is not empty.`,
      'Pass another folder with --out, or --overwrite to replace it.',
    );
  if (names.some((name) => mark.test(name)) && !existsSync(join(path, 'run.db'))) return;
  throw new ConfigError(
    `${path} does not hold such an export, and --overwrite replaces only those.`,
    'Pass another folder with --out.',
  );
}

/** Returns the name of a model for files: `RUN`, `RUN-2` for `RUN@2`, the last part of a path or of a hub name. */
export function fileNameOf(name: string): string {
  return basename(name.replace(/@(\d+)$/, '-$1')).replaceAll(/[^\w.-]+/g, '-');
}
