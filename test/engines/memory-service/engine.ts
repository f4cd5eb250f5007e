/** The Tinker engine over a service in memory. */

import { resolveConfig } from '../../../src/config/load.ts';
import type { EngineConfig } from '../../../src/config/schema.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { tinkerEngine } from '../../../src/engine/tinker/engine.ts';
import { loadTokenizer } from '../../../src/models/tokenizer/tokenizer.ts';
import { MEMORY_MODEL, MemoryBackend } from './index.ts';
import type { Quirks } from './quirks.ts';

type TinkerConfig = Extract<EngineConfig, { kind: 'tinker' }>;

/** Settings of the engine. */
export function tinkerConfig(given: Partial<TinkerConfig> = {}): TinkerConfig {
  const { engine } = resolveConfig({
    flags: { engine: { kind: 'tinker', url: 'http://memory', model: MEMORY_MODEL } },
  });
  if (engine.kind !== 'tinker') throw new Error('not the settings of a service');
  return { ...engine, ...given };
}

/** Opens an engine over a new service in memory. */
export async function openMemoryEngine(
  base: string,
  quirks: Partial<Quirks> = {},
  config: Partial<TinkerConfig> = {},
): Promise<{ engine: Engine; backend: MemoryBackend }> {
  const { decode } = await loadTokenizer(base);
  const backend = await MemoryBackend.open(base, decode, quirks);
  return { engine: await engineOver(backend, config), backend };
}

/** Opens another engine over the same service. */
export function engineOver(backend: MemoryBackend, config: Partial<TinkerConfig> = {}): Promise<Engine> {
  return tinkerEngine(tinkerConfig(config), async (url) => backend.service(url));
}
