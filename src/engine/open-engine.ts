/** Opens the engine that a config names. An engine is loaded only when it is wanted. */

import type { RunConfig } from '../config/schema.ts';
import type { Engine } from './engine.ts';

/**
 * `config.threads` 0 is all cores. The caller closes the engine.
 * @param activationBytes of a training micro-batch that are kept, at most: `forecastMemory` says how many fit
 */
export async function openEngine(config: RunConfig['engine'], activationBytes = Infinity): Promise<Engine> {
  switch (config.kind) {
    case 'local': {
      const { createLocalEngine } = await import('./local/index.ts');
      return createLocalEngine({
        threads: config.threads,
        slots: config.slots,
        microBatchTokens: config.microBatchTokens,
        activationBytes: config.recompute === 'on' ? 0 : activationBytes,
      });
    }
    case 'scripted': {
      const { createScriptedEngine } = await import('./scripted/index.ts');
      return createScriptedEngine();
    }
  }
}
