/** Plain nested tables, as parsed from TOML, before validation. */

import { TomlDate } from 'smol-toml';

export type Table = Record<string, unknown>;

/** One source of config values. */
export interface Layer {
  /** Name for error messages: a file path, `--set`, `flags`, … */
  source: string;
  values: Table;
}

/** A plain object, not a list, a date or null. */
export function isTable(value: unknown): value is Table {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Merges `over` into `under` and returns a new table. Tables merge; other values, including lists, replace.
 * `undefined` keeps the old value. `__proto__` is never copied: `forbiddenKeys` reports it.
 */
export function merge(under: Table, over: Table): Table {
  const out: Table = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined || key === '__proto__') continue;
    const below = Object.hasOwn(out, key) ? out[key] : undefined;
    out[key] = isTable(value) ? merge(isTable(below) ? below : {}, value) : value;
  }
  return out;
}

/** Dotted paths of all keys named `__proto__`, which no config may set. */
export function forbiddenKeys(table: Table, prefix = ''): string[] {
  return Object.entries(table).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    if (key === '__proto__') return [path];
    return isTable(value) ? forbiddenKeys(value, `${path}.`) : [];
  });
}

/** The value at a path of own keys; undefined when there is none. */
export function valueAt(table: Table, path: readonly PropertyKey[]): unknown {
  let value: unknown = table;
  for (const key of path) {
    if (!isTable(value) || typeof key !== 'string' || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Source of the last layer that sets `path`; null when none does. */
export function sourceOf(layers: readonly Layer[], path: readonly PropertyKey[]): string | null {
  return layers.findLast((layer) => valueAt(layer.values, path) !== undefined)?.source ?? null;
}

/** Tables whose settings may be dates. There, an unquoted date (`date = 2024-07-26`) is its text. */
const WITH_DATES = ['prompt', 'template'];

/** Replaces the dates of these tables by their texts. */
export function datesAsTexts(config: Table): Table {
  const out = { ...config };
  for (const name of WITH_DATES) {
    const table = valueAt(config, [name]);
    if (!isTable(table)) continue;
    out[name] = Object.fromEntries(
      Object.entries(table).map(([key, value]) => [key, value instanceof TomlDate ? value.toISOString() : value]),
    );
  }
  return out;
}
