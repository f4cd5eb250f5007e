/** The kinds of engine that a config can name. Each is loaded only when it is wanted. */

import type { EngineConfig } from '../config/schema.ts';
import type { Engine } from './engine.ts';
import type { EngineKind, Workload } from './kind.ts';

/** What can be known of the engine that a config names, before it is open. */
export async function engineKind(config: EngineConfig): Promise<EngineKind> {
  switch (config.kind) {
    case 'local':
      return (await import('./local/kind.ts')).localKind(config);
    case 'module':
      return (await import('./module-kind.ts')).moduleKind(config);
  }
}

/**
 * Opens the engine that a config names; the caller closes it. With `work`, EngineError `budget` where that does not fit
 * on this machine.
 */
export async function openEngine(config: EngineConfig, work?: Workload): Promise<Engine> {
  return (await engineKind(config)).open(work);
}
