/** Errors of models that `rzero serve` lets programs use. */

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run } from '../../../src/cli/commands/serve.ts';
import { createLocalEngine } from '../../../src/engine/local/index.ts';
import { openModels } from '../../../src/generate/models/models.ts';
import { writeRandomCheckpoint } from '../../fixtures/random-checkpoint.ts';
import type { AdviceCase } from '../followed.ts';
import { perform } from '../perform.ts';

/** Opens a model with at most so much memory for weights. */
async function opened(place: string, memoryBytes: number, maxPositions = 64): Promise<void> {
  const path = join(place, `model-${maxPositions}`);
  await writeRandomCheckpoint(path, { maxPositions });
  const engine = () => createLocalEngine({ threads: 1, slots: 2, microBatchTokens: 64 });
  const models = openModels({ runsDir: null, folders: [{ name: 'model', path }], engine, memoryBytes });
  try {
    expect((await models.open('model'))?.info.maxContext).toBe(maxPositions);
  } finally {
    await models.close();
  }
}

const TAKEN = 'The server cannot listen';

export const CASES: AdviceCase[] = [
  {
    file: 'generate/models/samplers.ts',
    message: "The weights of … take …; models may take … of this machine's memory.",
    advice: 'Name a smaller model, or use a machine with more memory.',
    provoke: (place) => opened(place, 1000),
    follow: (place) => opened(place, 2 ** 30),
  },
  {
    file: 'cli/serve/models.ts',
    message: 'rzero serve runs models with the local engine, not with the kind ….',
    advice: 'Leave out engine.kind, or add --tinker to serve another engine over the Tinker wire.',
    provoke: (place) => perform(run, { set: ['engine.kind=module', 'engine.path=./engine.js'], runsDir: place }, place),
    // The next refusal is that of the address, so the models were found.
    follow: async (place) => {
      await expect(perform(run, { runsDir: place, host: '203.0.113.7', key: 'k'.repeat(16) }, place)).rejects.toThrow(
        TAKEN,
      );
    },
  },
  {
    file: 'cli/serve/models.ts',
    message: 'Two models have the name ….',
    advice: 'Rename one of the two folders.',
    provoke: async (place) => {
      await writeRandomCheckpoint(join(place, 'a', 'same'), {});
      cpSync(join(place, 'a'), join(place, 'b'), { recursive: true });
      await perform(run, { model: [join(place, 'a', 'same'), join(place, 'b', 'same')], runsDir: place }, place);
    },
    follow: async (place) => {
      cpSync(join(place, 'b', 'same'), join(place, 'b', 'other'), { recursive: true });
      const model = [join(place, 'a', 'same'), join(place, 'b', 'other')];
      const flags = { model, runsDir: place, host: '203.0.113.7', key: 'k'.repeat(16) };
      await expect(perform(run, flags, place)).rejects.toThrow(TAKEN);
    },
  },
];
