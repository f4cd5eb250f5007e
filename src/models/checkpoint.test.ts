import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { decoderTensors, type DecoderConfig } from './decoder-config.ts';
import { randomWeights } from './init.ts';

const config: DecoderConfig = {
  architecture: 'qwen3',
  hidden: 16,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  intermediate: 24,
  vocabulary: 40,
  maxPositions: 64,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-6,
  tied: true,
  qkNorm: true,
};

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-checkpoint-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('what is saved is loaded to the same bits, in the order of decoderTensors', async () => {
  const weights = randomWeights(config, 7);
  await saveCheckpoint(join(root, 'a'), { config, weights });
  const loaded = await loadCheckpoint(join(root, 'a'));
  expect(loaded.config).toEqual(config);
  expect([...loaded.weights.keys()]).toEqual(decoderTensors(config).map(({ name }) => name));
  expect(loaded.weights).toEqual(weights);
});
