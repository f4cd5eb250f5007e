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
    return [{ path, type: typeInWords(inner), default: inner.default, description: inner.description }];
  });
}

function typeInWords(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(typeInWords).join('; or ');
  if (schema.enum) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'array') return 'list of texts';
  if (schema.type === 'string') return schema.minLength ? 'text, not empty' : 'text';
  if (schema.type === 'integer') return ['whole number', ...bounds(schema, true)].join(', ');
  if (schema.type === 'number') return ['number', ...bounds(schema, false)].join(', ');
  return String(schema.type ?? 'value');
}

function bounds(schema: Schema, whole: boolean): string[] {
  const { minimum, exclusiveMinimum, maximum } = schema;
  const words: string[] = [];
  if (minimum !== undefined && minimum !== Number.MIN_SAFE_INTEGER) words.push(`at least ${minimum}`);
  if (exclusiveMinimum !== undefined)
    words.push(whole ? `at least ${Number(exclusiveMinimum) + 1}` : `above ${exclusiveMinimum}`);
  if (maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER) words.push(`at most ${maximum}`);
  return words;
}
