/**
 * Resolves the config from its layers. Later layers win: the schema's defaults, the defaults of the domain, the
 * scale's preset, the defaults of the engine, TOML files from left to right, flags, `--set`. The schema validates the result once, and all problems are reported together.
 * Opens no model. Next: `schema.ts` (settings), `scales.ts` (presets).
 */

import type { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { packageFile } from '../package-file.ts';
import { configTables, describeConfig } from './describe.ts';
import { domainDefaults } from './domain-defaults.ts';
import { engineDefaults } from './engine-defaults.ts';
import { parseSet, readLayer } from './parse.ts';
import { SCALES } from './scales.ts';
import { configSchema } from './schema.ts';
import type { ConfigInput, RunConfig } from './schema.ts';
import { nearestKey } from './suggest.ts';
import { datesAsTexts, forbiddenKeys, isTable, merge, sourceOf, valueAt } from './tables.ts';
import type { Layer, Table } from './tables.ts';

export interface ConfigSources {
  /** Overrides files, is overridden by `--set`. */
  scale?: RunConfig['scale'];
  /** Paths of TOML files; later ones win. */
  files?: readonly string[];
  /** `key=value` each; later ones win. */
  set?: readonly string[];
  /** Values of a command line or a library call; undefined values are ignored. */
  flags?: ConfigInput;
}

/** Returns the resolved config. Throws ConfigError with path, reason and remedy of every problem. */
export function resolveConfig({ scale, files = [], set = [], flags = {} }: ConfigSources = {}): RunConfig {
  const given: Layer[] = [
    ...files.map(readLayer),
    { source: 'flags', values: { scale } },
    { source: 'flags', values: { ...flags } },
    ...set.map(parseSet),
  ];
  const chosen = given.reduce<Table>((under, layer) => merge(under, layer.values), {});
  const preset: Layer = { source: `scale ${String(chosen.scale)}`, values: presetOf(chosen.scale ?? 'small') };
  const kind = valueAt(chosen, ['engine', 'kind']);
  const engine = valueAt(chosen, ['engine']);
  const ofEngine: Layer = { source: `engine.kind ${String(kind)}`, values: { ...engineDefaults(engine) } };
  const ofDomain: Layer = { source: `domain ${String(chosen.domain)}`, values: { ...domainDefaults(chosen.domain) } };
  const layers = withoutOtherKinds([ofDomain, preset, ofEngine, ...given], kind);
  const values = datesAsTexts(layers.reduce<Table>((under, layer) => merge(under, layer.values), {}));

  const forbidden = given.flatMap((layer) =>
    forbiddenKeys(layer.values).map((path) => `${path}: this key is never allowed${from(layer.source)}`),
  );
  const result = configSchema.safeParse(values);
  const problems = [
    ...forbidden,
    ...(result.success ? [] : result.error.issues.flatMap((issue) => explain(issue, values, layers))),
  ];
  if (result.success && problems.length === 0) return result.data;
  throw new ConfigError(
    problems.length === 1
      ? `The config has a problem: ${problems[0]}`
      : `The config has ${problems.length} problems:\n${problems.map((line) => `  ${line}`).join('\n')}`,
    `Correct ${problems.length === 1 ? 'it' : 'them'}; every key with its values is in ${packageFile('docs/reference/config.md')}.`,
  );
}

/** Removes engine tables of another kind than the chosen one from the layers, because their settings do not apply. */
function withoutOtherKinds(layers: readonly Layer[], kind: unknown = 'local'): Layer[] {
  return layers.map((layer) => {
    const own = valueAt(layer.values, ['engine', 'kind']);
    return own === undefined || own === kind ? layer : { ...layer, values: { ...layer.values, engine: undefined } };
  });
}

function presetOf(scale: unknown): Table {
  const found = Object.entries(SCALES).find(([name]) => name === scale);
  return found === undefined ? {} : { ...found[1] };
}

/** Returns one line per problem in an issue of the schema. */
function explain(issue: z.core.$ZodIssue, values: Table, layers: readonly Layer[]): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey([...issue.path, key], values, layers));
  }
  // Items of a list have no names, so the list is reported as a whole.
  const keys = issue.path.filter((part) => typeof part !== 'number');
  const path = keys.join('.');
  const given = show(valueAt(values, keys));
  const source = from(sourceOf(layers, keys));
  if (issue.code === 'custom') return [`${path}: ${given} ${issue.message}${source}`];
  return [`${path}: ${given} is not possible; allowed: ${allowed(path)}${source}`];
}

function unknownKey(path: readonly PropertyKey[], values: Table, layers: readonly Layer[]): string {
  const name = path.join('.');
  const isTableGiven = layers.some((layer) => isTable(valueAt(layer.values, path)));
  const tables = configTables();
  const keys = describeConfig().map((key) => key.path);
  if (keys.includes(name)) return `${name}: unknown key with ${kindOf(name, values)}${from(sourceOf(layers, path))}`;
  const near = nearestKey(name, isTableGiven ? tables : [...keys, ...tables]);
  return `${shorten(name)}: unknown key${from(sourceOf(layers, path))}${near === null ? '' : `; the nearest is ${near}`}`;
}

/** Returns the kind of the table that lacks a key, e.g. `engine.kind = "local"`. */
function kindOf(key: string, values: Table): string {
  const table = key.slice(0, key.lastIndexOf('.'));
  return `${table}.kind = ${show(valueAt(values, [...table.split('.'), 'kind']) ?? 'local')}`;
}

function allowed(path: string): string {
  const key = describeConfig().find((candidate) => candidate.path === path);
  const inTable = describeConfig().some(({ path: table, type }) => type === 'table' && path.startsWith(`${table}.`));
  if (inTable) return 'a text, a number, true or false';
  return (
    key?.type ??
    `a table with the keys ${describeConfig()
      .filter((candidate) => candidate.path.startsWith(`${path}.`))
      .map((candidate) => candidate.path.slice(path.length + 1))
      .join(', ')}`
  );
}

function from(source: string | null): string {
  return source === null ? '' : ` (${source})`;
}

const LONGEST_SHOWN = 60;

function show(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || value === undefined) return String(value);
  return shorten(JSON.stringify(value) ?? typeof value);
}

function shorten(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}…`;
}
