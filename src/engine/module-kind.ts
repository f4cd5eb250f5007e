/** `engine.kind = "module"`: a user's own module whose default export makes an engine. */

import type { EngineConfig } from '../config/schema.ts';
import { ConfigError } from '../errors.ts';
import { importDefault } from '../modules.ts';
import type { Engine } from './engine.ts';
import type { EngineKind } from './kind.ts';

/** What such a module exports: it is given `engine.options`. */
export type MakeEngine = (options: Record<string, unknown>) => Engine | Promise<Engine>;

/** ConfigError from `open` where the module does not make an engine. Its memory and speed are its own business. */
export function moduleKind({ path, options }: Extract<EngineConfig, { kind: 'module' }>): EngineKind {
  return {
    async open() {
      const make = await importDefault(path, 'engine');
      const engine: unknown = isFunction(make) ? await make(options) : undefined;
      if (isEngine(engine)) return engine;
      throw new ConfigError(
        `The default export of ${path} does not make an engine.`,
        'Export a function that takes engine.options and returns an object with the members of `Engine`.',
      );
    },
  };
}

/** A type that lists every member, so that a new one cannot be forgotten here. */
const MEMBERS: Record<keyof Engine, 'string' | 'number' | 'function'> = {
  name: 'string',
  threads: 'number',
  slots: 'number',
  busySeconds: 'function',
  inspect: 'function',
  openPolicy: 'function',
  openSampler: 'function',
  remove: 'function',
  exportTo: 'function',
  states: 'function',
  close: 'function',
};

function isFunction(value: unknown): value is (options: Record<string, unknown>) => unknown {
  return typeof value === 'function';
}

function isEngine(value: unknown): value is Engine {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(MEMBERS).every(([name, type]) => typeof Reflect.get(value, name) === type);
}
