/** The resolved config as TOML lines. */

import { toToml } from '../../config/toml.ts';
import type { RunConfig } from '../../config/schema.ts';
import { width } from './format.ts';

const LIST = /^(\S+) = \[ (".*") \]$/;
const TOML_STRING = /"(?:[^"\\]|\\.)*"/g;

/** The config as valid TOML. Lists of strings wider than `columns` take one line per string. */
export function configLines(config: RunConfig, columns: number): string[] {
  return toToml(config)
    .trimEnd()
    .split('\n')
    .flatMap((line) => (width(line) > columns ? listLines(line) : [line]));
}

function listLines(line: string): string[] {
  const [, key, list] = LIST.exec(line) ?? [];
  if (key === undefined || list === undefined) return [line];
  return [`${key} = [`, ...(list.match(TOML_STRING) ?? []).map((item) => `  ${item},`), ']'];
}
