/**
 * The config of a run as it may leave the house: without addresses of services and without folders of this machine. Pure.
 */

import { basename, isAbsolute } from 'node:path';
import { isTable, type Table } from '../../config/tables.ts';

/** Settings that name places of this machine and do not change a run. */
const DROPPED = new Set(['runsDir']);

/** Returns a copy in which absolute paths are shortened to their last part, and addresses are left out. */
export function publicConfig(config: Table): Table {
  return Object.fromEntries(
    Object.entries(config).flatMap(([name, value]): [string, unknown][] => {
      if (DROPPED.has(name)) return [];
      if (isTable(value)) return [[name, publicConfig(value)]];
      if (typeof value !== 'string') return [[name, value]];
      return isAddress(value) ? [] : [[name, shortened(value)]];
    }),
  );
}

/** Returns the lines `name = value` of settings that may leave the house. Values are JSON. */
export function publicSettings(lines: readonly string[]): string[] {
  return lines
    .filter((line) => !/:\/\//.test(line))
    .map((line) => line.replace(/= "([^"]*)"$/, (_, path: string) => `= ${JSON.stringify(shortened(path))}`));
}

/** Returns a path without the folders of this machine. */
export function shortened(path: string): string {
  return isAbsolute(path) ? basename(path) : path;
}

function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}
