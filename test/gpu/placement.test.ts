/** Every graph that the backend runs: its nodes are on the GPU, and only shapes are computed elsewhere. */

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Adaptation, BaseRef, Example, OptimizerOptions } from '../../src/engine/engine.ts';
import { type CallControl, LocalCore } from '../../src/engine/local/core.ts';
import type { LocalEngineOptions } from '../../src/engine/local/protocol.ts';
import { SequenceRunner } from '../../src/engine/local/training/sequence-runner.ts';
import { onDevice } from '../../src/engine/local/webgpu/backend.ts';
import { DeviceMemory } from '../../src/engine/local/webgpu/device-memory.ts';
import { DeviceTensors } from '../../src/engine/local/webgpu/device-tensors.ts';
import { keepDeviceInFile } from '../fixtures/devices/gpu.ts';
import { loadCheckpoint } from '../../src/models/checkpoint.ts';
import { trainableTensors } from '../../src/models/adapters/adapter.ts';
import { ADAM, coefficients, example, request } from '../fixtures/engine-parts.ts';
import { counted, type Execution, misplaced, placements } from './placement.ts';

const CONTROL: CallControl = { progress: () => {}, checkAborted: () => {}, isAborted: () => false, tokens: () => {} };
const LORA: Adaptation = { kind: 'lora', rank: 2, alpha: 4, targets: ['q_proj', 'up_proj'], seed: 1 };
const MUON: OptimizerOptions = { ...ADAM, muon: { learningRate: 0.01, momentum: 0.9 } };
const EXAMPLES = [example([1, 2, 3], [4, 5, 6, 7, 1, 2]), example([7], [1, 1, 3])];
const WEIGHTS = EXAMPLES.map((one) => coefficients(one, (t) => Math.cos(t)));
const REQUESTS = [
  request({ n: 3, maxTokens: 4 }),
  request({ n: 1, maxTokens: 3, temperature: 0, prompt: [5, 6] }),
  request({ n: 2, maxTokens: 3, topK: 3, topP: 0.9, minP: 0.01, prompt: [5] }),
];

const folderOf = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/models/decoders/${name}`, import.meta.url));

/** Trains, publishes, scores and samples on the GPU. */
async function used(
  name: string,
  {
    adapt,
    optimizer = ADAM,
    ...options
  }: Partial<LocalEngineOptions> & { adapt?: Adaptation; optimizer?: OptimizerOptions },
): Promise<void> {
  const core = new LocalCore({ device: 'webgpu', threads: 1, slots: 4, microBatchTokens: 8, ...options });
  const from: BaseRef = { kind: 'base', path: folderOf(name) };
  const policy = await core.handlers.openPolicy({ from, optimizer: 'fresh', adapt }, CONTROL);
  await core.handlers.backward({ ...policy, examples: EXAMPLES, coefficients: WEIGHTS }, CONTROL);
  await core.handlers.step({ ...policy, options: optimizer }, CONTROL);
  await core.handlers.scorePolicy({ ...policy, examples: EXAMPLES }, CONTROL);
  const ref = await core.handlers.publish(policy, CONTROL);
  const sampler = await core.handlers.openSampler({ ref }, CONTROL);
  await core.handlers.scoreSampler({ ...sampler, examples: EXAMPLES }, CONTROL);
  await core.handlers.sample({ ...sampler, requests: REQUESTS, streamed: false }, CONTROL);
  await core.handlers.closeSampler(sampler, CONTROL);
  await core.handlers.closePolicy(policy, CONTROL);
  await core.handlers.removeSnapshot(ref, CONTROL);
  await core.handlers.shutdown(null, CONTROL);
}

function expectPlaced(all: readonly Execution[]): void {
  expect(misplaced(all)).toEqual([]);
  const { gpu, shapes, copies } = counted(all);
  expect(gpu).toBeGreaterThan(100);
  expect(shapes / gpu).toBeLessThan(0.2);
  expect(copies / gpu).toBeLessThan(0.02);
}

keepDeviceInFile();

describe('nodes on the GPU', () => {
  it.each([
    ['qwen3', 'with AdamW', {}],
    ['qwen3', 'with an adapter', { adapt: LORA }],
    ['qwen3', 'with activations recomputed and Muon', { activationBytes: 1, optimizer: MUON }],
    ['qwen2', 'with biases, untied', {}],
    ['llama3', 'with one key head, untied', {}],
    ['smollm2', 'with three query heads per key head', { adapt: LORA, activationBytes: 1 }],
  ])('%s %s', async (name, _how, options) => {
    const all = await placements(() => used(name, options));
    expectPlaced(all);
    const operators = new Set(all.map(({ operator }) => operator));
    // Of training, of the cache and of drawing tokens.
    for (const one of ['ScatterElements', 'ScatterND', 'CumSum']) expect(operators).toContain(one);
  });

  it.each([1, 3])('with logits in %i chunks', async (count) => {
    const examples: Example[] = [example([1], [2, 3, 4, 5, 6, 7])];
    const { config, weights } = await loadCheckpoint(folderOf('qwen3'));
    const all = await placements(async () => {
      const memory = new DeviceMemory();
      const device = { ...onDevice(memory), mostRows: () => 6 / count };
      const runner = new SequenceRunner(config, device, { microBatchTokens: 64 });
      const tensors = await DeviceTensors.upload(memory, weights);
      const shapes = new Map(trainableTensors(config, null).map(({ name, shape }) => [name, shape]));
      const sums = await DeviceTensors.each(memory, shapes, (shape) => memory.zeros(shape));
      await runner.score(tensors.feed, examples, () => {});
      await runner.backward(tensors.feed, examples, [Float32Array.of(1, 2, 3, 4, 5, 6)], sums.feed, () => {});
      tensors.free();
      sums.free();
      await runner.close();
      await memory.close();
    });
    expectPlaced(all);
  });
});
