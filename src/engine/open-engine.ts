/** Opens the engine of a config. The module of an engine kind is loaded only when it is needed. */

import type { EngineConfig } from '../config/schema.ts';
import type { Engine } from './engine.ts';
import type { EngineHooks, EngineKind, Workload } from './kind.ts';

/** Returns the engine kind of a config, before it is opened. */
export async function engineKind(config: EngineConfig): Promise<EngineKind> {
  switch (config.kind) {
    case 'local':
      return (await import('./local/kind.ts')).localKind(config);
    case 'module':
      return (await import('./module-kind.ts')).moduleKind(config);
    case 'tinker':
      return (await import('./tinker/kind.ts')).tinkerKind(config);
  }
}

/**
 * Opens the engine of a config; the caller closes it. With `work`, throws EngineError `budget` if the work does not fit
 * into memory.
 */
export async function openEngine(config: EngineConfig, work?: Workload, hooks?: EngineHooks): Promise<Engine> {
  return (await engineKind(config)).open(work, hooks);
}
