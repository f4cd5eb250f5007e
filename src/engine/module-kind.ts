/** `engine.kind = "module"`: a user module whose default export creates an engine. */

import type { EngineConfig } from '../config/schema.ts';
import { ConfigError } from '../errors.ts';
import { importDefault } from '../modules.ts';
import type { Engine } from './engine.ts';
import type { EngineKind } from './kind.ts';

/** The default export of an engine module. It receives `engine.options`. */
export type MakeEngine = (options: Record<string, unknown>) => Engine | Promise<Engine>;

/** Creates an engine kind without forecasts. `open` throws ConfigError if the module does not create an engine. */
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

type RequiredMember = { [Name in keyof Engine]-?: undefined extends Engine[Name] ? never : Name }[keyof Engine];

/** The required members of `Engine`; the type makes a missing one a compile error. */
const MEMBERS: Record<RequiredMember, 'string' | 'number' | 'function'> = {
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
