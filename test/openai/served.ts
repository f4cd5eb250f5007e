/** Serves models over the OpenAI-compatible addresses, for tests. */

import { resolveConfig } from '../../src/config/load.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import { type ModelsOptions, openModels } from '../../src/generate/models/models.ts';
import type { ApiLimits } from '../../src/serve/openai/limits.ts';
import { openAiPage } from '../../src/serve/openai/page.ts';
import { openShell } from '../../src/serve/shell/shell.ts';

export interface ServedModels {
  url: string;
  /** Failures that are faults of the program. */
  faults: unknown[];
  close(): Promise<void>;
}

/** Serves a folder of runs, and model folders, on a free port. */
export async function serveModels(
  options: Omit<ModelsOptions, 'engine'> & Partial<Pick<ModelsOptions, 'engine'>>,
  { key = null, limits }: { key?: string | null; limits?: Partial<ApiLimits> } = {},
): Promise<ServedModels> {
  const { engine: config } = resolveConfig({ set: ['engine.threads=1'] });
  const models = openModels({ engine: () => openEngine(config), ...options });
  const faults: unknown[] = [];
  const onFault = (error: unknown): void => void faults.push(error);
  const pages = [openAiPage({ models, limits, onFault })];
  const shell = await openShell({ host: '127.0.0.1', port: 0, key, hosts: [], onFault }, pages);
  return {
    url: shell.url,
    faults,
    close: async () => {
      await shell.close(0);
      await models.close();
    },
  };
}
