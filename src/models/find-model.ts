import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A model's folder: as given, or else as it lies in this package (the shipped base model). */
export function findModel(path: string): string {
  const shipped = join(fileURLToPath(new URL('../../', import.meta.url)), path);
  return !existsSync(path) && existsSync(shipped) ? shipped : resolve(path);
}
