import { writeRandomCheckpoint } from '../../../test/fixtures/random-checkpoint.ts';
import { engineContract } from '../engine.contract.ts';
import { createLocalEngine } from './index.ts';

// A small token budget, so that every call takes several micro-batches and refills the slots several times.
const open = () => createLocalEngine({ threads: 1, slots: 5, microBatchTokens: 64 });

engineContract('local, Qwen3 tied', open, async (folder) => {
  await writeRandomCheckpoint(folder, { architecture: 'qwen3', scale: 0.3 });
});
engineContract('local, Llama untied', open, async (folder) => {
  await writeRandomCheckpoint(folder, {
    architecture: 'llama',
    tied: false,
    scale: 0.3,
    heads: 6,
    kvHeads: 2,
    headDim: 10,
  });
});
