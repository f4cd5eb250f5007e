import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageFile } from '../../package-file.ts';

/** Whether a folder holds a checkpoint or an adapter, by what describes it. */
export function holdsModel(folder: string): boolean {
  return ['config.json', 'adapter_config.json'].some((name) => existsSync(join(folder, name)));
}

/** A model's folder: as given, or else as it lies in this package (the shipped base model). */
export function findModel(path: string): string {
  const shipped = packageFile(path);
  return !existsSync(path) && existsSync(shipped) ? shipped : resolve(path);
}
