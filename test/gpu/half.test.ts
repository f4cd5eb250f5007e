/** Samplers in half precision, on the adapter of the tests. Software adapters have none. */

import { expect, it } from 'vitest';
import type { Completion } from '../../src/engine/engine.ts';
import { tryAdapter } from '../../src/engine/local/device/adapter.ts';
import { matrixNames, type Precision } from '../../src/engine/local/graph/model-inputs.ts';
import { createLocalEngine } from '../../src/engine/local/index.ts';
import { SharedBase } from '../../src/engine/local/memory/shared-base.ts';
import type { Feed } from '../../src/engine/local/memory/tensors.ts';
import type { ort } from '../../src/engine/local/runtime.ts';
import { DeviceMemory } from '../../src/engine/local/webgpu/device-memory.ts';
import { DeviceTensors } from '../../src/engine/local/webgpu/device-tensors.ts';
import { checkHalf, MOST_DIFFERENT, type Sampled } from '../../src/engine/local/webgpu/sampling/check-half.ts';
import { HalfMatrices } from '../../src/engine/local/webgpu/sampling/half-matrices.ts';
import { SamplingSessions } from '../../src/engine/local/webgpu/sampling/sampling-sessions.ts';
import { loadCheckpoint } from '../../src/models/checkpoint.ts';
import { packageFile } from '../../src/package-file.ts';

/** Copies without another precision, which works on every adapter. */
class CopyingMemory extends DeviceMemory {
  copies = 0;

  override half(tensor: ort.Tensor): Promise<ort.Tensor> {
    this.copies++;
    return this.copy(tensor);
  }
}

const BASE = { kind: 'base', path: packageFile('models/arith-base') } as const;
const REQUEST = {
  prompt: Int32Array.of(5, 9, 14, 7),
  n: 2,
  seed: 3,
  maxTokens: 6,
  temperature: 0,
  topP: 1,
  topK: 0,
  ignoreEnd: true,
};

async function sampled(samplingPrecision: Precision): Promise<Completion[]> {
  const engine = await createLocalEngine({
    device: 'webgpu',
    samplingPrecision,
    threads: 1,
    slots: 4,
    microBatchTokens: 64,
  });
  try {
    const sampler = await engine.openSampler(BASE);
    const [completions] = await sampler.sample([REQUEST]);
    await sampler.close();
    return completions;
  } finally {
    await engine.close();
  }
}

const { config, weights } = await loadCheckpoint(BASE.path);

it('a copy in half precision is shared by samplers, and freed with the last user of its base', async () => {
  const memory = new CopyingMemory();
  const tensors = await DeviceTensors.upload(memory, weights);
  const base = new SharedBase(config, tensors).retain();
  const matrices = new HalfMatrices(memory);
  const name = matrixNames(config)[0];
  const feed = (): Promise<Feed> => matrices.feed({ base, tensors });
  base.enter().enter();
  const copy = (await feed())(name);
  expect(copy?.location).toBe('gpu-buffer');
  expect((await feed())(name)).toBe(copy);
  expect((await feed())('model.norm.weight')).toBe(tensors.feed('model.norm.weight'));
  expect(memory.copies).toBe(matrixNames(config).length);
  await base.leave();
  expect(copy?.location).toBe('gpu-buffer');
  await base.leave();
  expect(copy?.location).toBe('none');
  expect(tensors.feed(name)?.location).toBe('gpu-buffer');
  base.enter();
  expect((await feed())(name)).not.toBe(copy);
  await base.leave();
  base.release();
  await memory.close();
});

it('weights that compute other distributions than float32 are refused', async () => {
  const memory = new DeviceMemory();
  const sessions = new SamplingSessions(config, null, memory);
  const tensors = await DeviceTensors.upload(memory, weights);
  const last = 'model.norm.weight';
  const { data, shape } = weights.get(last) ?? { data: new Float32Array(), shape: [] };
  const scaled = async (by: number): Promise<Sampled> => {
    const norm = await memory.upload({ shape, data: data.map((value) => value * by) });
    return { sessions, weights: (name) => (name === last ? norm : tensors.feed(name)) };
  };
  const full = await scaled(1);
  await expect(checkHalf(full, await scaled(1.0005))).resolves.toBeUndefined();
  await expect(checkHalf(full, await scaled(1.2))).rejects.toMatchObject({ code: 'engine/numeric' });
  await sessions.close();
  tensors.free();
  await memory.close();
});

it('half precision differs from float32 within the limit, or is refused when a sampler opens', async () => {
  const { half } = await tryAdapter();
  if (!half) {
    const engine = await createLocalEngine({
      device: 'webgpu',
      samplingPrecision: 'float16',
      threads: 1,
      slots: 4,
      microBatchTokens: 64,
    });
    try {
      const refusal = { code: 'engine/user', message: expect.stringContaining('The GPU has no half precision') };
      await expect(engine.openSampler(BASE)).rejects.toMatchObject(refusal);
      await expect(engine.openSampler(BASE)).rejects.toMatchObject({
        advice: 'Sample in single precision: --set engine.samplingPrecision=float32.',
      });
      // Training does not read half precision.
      const policy = await engine.openPolicy({ from: BASE, optimizer: 'fresh' });
      const [logprobs] = await policy.logprobs([
        { input: Int32Array.of(5, 9), target: Int32Array.of(9, 14), mask: Uint8Array.of(1, 1) },
      ]);
      expect(logprobs.every((value) => value < 0)).toBe(true);
      await policy.close();
    } finally {
      await engine.close();
    }
    return;
  }
  const [exact, found] = [await sampled('float32'), await sampled('float16')];
  const differences = found.flatMap(({ logprobs }, at) =>
    [...logprobs].map((value, token) => Math.abs(value - exact[at].logprobs[token])),
  );
  expect(Math.max(...differences)).toBeLessThan(MOST_DIFFERENT);
  // Equal bits would mean that the weights were not in half precision.
  expect(Math.max(...differences)).toBeGreaterThan(0);
});
