/** A server of this project in the same process, and a client of it. */

import { resolveConfig } from '../../src/config/load.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import { serveTinker } from '../../src/serve/index.ts';

/** Settings of the engine that is served. They say everything that changes how sums are rounded. */
export const LOCAL = { threads: 1, recompute: 'off' } as const;

export interface Served {
  url: string;
  close(): Promise<void>;
}

/** Name of the model that is served. */
export const SERVED_MODEL = 'served/base';

/** Serves a folder with the local engine and its usual settings, at a free port. */
export async function serveFolder(folder: string, checkpoints: string, key?: string): Promise<Served> {
  const engine = await openEngine(resolveConfig({ flags: { engine: LOCAL } }).engine);
  const server = await serveTinker({ engine, model: folder, name: SERVED_MODEL, checkpoints, key });
  return {
    url: server.url,
    async close() {
      await server.close();
      await engine.close();
    },
  };
}

/** Opens the engine over a service. */
export function clientOf(url: string): Promise<Engine> {
  const { engine } = resolveConfig({ flags: { engine: { kind: 'tinker', url, model: SERVED_MODEL, patience: 20 } } });
  return openEngine(engine);
}
