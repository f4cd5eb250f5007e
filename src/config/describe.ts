import { z } from 'zod';
import { configSchema } from './schema.ts';

/** One setting of the config. */
export interface ConfigKey {
  /** Dotted, e.g. `solver.learningRate`. */
  path: string;
  /** Allowed values, in words. */
  type: string;
  default: unknown;
  description?: string;
  /** Setting that the key depends on, e.g. `engine.kind = "module"`; absent if the key always exists. */
  onlyWith?: string;
}

type Schema = z.core.JSONSchema.BaseSchema;

/** All settings in the schema's order, generated from the schema. */
export function describeConfig(): ConfigKey[] {
  return keysOf(z.toJSONSchema(configSchema, { io: 'input' }), '');
}

/** Names of the tables of the config, e.g. `solver`. */
export function configTables(): string[] {
  return [...new Set(describeConfig().map(({ path }) => path.slice(0, path.lastIndexOf('.') + 1)))]
    .filter((name) => name !== '')
    .map((name) => name.slice(0, -1));
}

function keysOf(schema: Schema, prefix: string): ConfigKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    if (typeof inner === 'boolean') return [];
    const path = `${prefix}${name}`;
    if (inner.properties) return keysOf(inner, `${path}.`);
    const kinds = kindsOf(inner);
    if (kinds !== null) return keysOfKinds(kinds, `${path}.`);
    return [{ path, type: typeInWords(inner), default: inner.default, description: inner.description }];
  });
}

/** Returns the possible tables of a key, one per value of `kind`, the default first; null for other keys. */
function kindsOf(schema: Schema): Schema[] | null {
  const options = schema.oneOf ?? schema.anyOf;
  return options?.every(({ properties }) => properties?.kind !== undefined) ? options : null;
}

function keysOfKinds(kinds: readonly Schema[], prefix: string): ConfigKey[] {
  const names = kinds.map(({ properties }) => Object(properties?.kind).const);
  return kinds.flatMap((schema, at) =>
    keysOf(schema, prefix).flatMap((key): ConfigKey[] => {
      if (key.path !== `${prefix}kind`)
        return [at === 0 ? key : { ...key, onlyWith: `${prefix}kind = ${quoted(names[at])}` }];
      return at === 0 ? [{ ...key, type: oneOf(names) }] : [];
    }),
  );
}

function oneOf(values: readonly unknown[]): string {
  return `one of ${values.map(quoted).join(', ')}`;
}

function quoted(value: unknown): string {
  return JSON.stringify(value);
}

function typeInWords(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(typeInWords).join('; or ');
  if (schema.enum) return oneOf(schema.enum);
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'array') return 'list of texts';
  if (schema.type === 'object') return 'table';
  if (schema.type === 'string') return schema.minLength ? 'text, not empty' : 'text';
  if (schema.type === 'integer') return ['whole number', ...bounds(schema, true)].join(', ');
  if (schema.type === 'number') return ['number', ...bounds(schema, false)].join(', ');
  return String(schema.type ?? 'value');
}

function bounds(schema: Schema, whole: boolean): string[] {
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema;
  const words: string[] = [];
  if (minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER) words.push(`at least ${minimum}`);
  if (exclusiveMinimum !== undefined)
    words.push(whole ? `at least ${Number(exclusiveMinimum) + 1}` : `above ${exclusiveMinimum}`);
  if (maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER) words.push(`at most ${maximum}`);
  if (exclusiveMaximum !== undefined) words.push(`below ${exclusiveMaximum}`);
  return words;
}
