import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageFile } from '../../package-file.ts';

/** Returns whether a folder contains a checkpoint or an adapter, from its config files. */
export function holdsModel(folder: string): boolean {
  return ['config.json', 'adapter_config.json'].some((name) => existsSync(join(folder, name)));
}

/** Returns a model's folder: the given path, or else the path within this package (the shipped base model). */
export function findModel(path: string): string {
  const shipped = packageFile(path);
  return !existsSync(path) && existsSync(shipped) ? shipped : resolve(path);
}
