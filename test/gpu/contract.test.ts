/** The engine's contract on the GPU. Slots are many, because every decoding step of a software adapter is slow. */

import { engineContract } from '../../src/engine/engine.contract.ts';
import { createLocalEngine } from '../../src/engine/local/index.ts';
import { writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';

const open = () => createLocalEngine({ device: 'webgpu', threads: 1, slots: 64, microBatchTokens: 64 });

const writeBase = async (folder: string): Promise<void> => {
  await writeRandomCheckpoint(folder, { architecture: 'qwen3', layers: 1, scale: 0.3 });
};

engineContract('GPU, Qwen3 tied', open, writeBase, { slow: true });
