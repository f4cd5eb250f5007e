/** The sampler on the device: the contract of all samplers, and the same completions as on the processor. */

import { afterAll, expect, it } from 'vitest';

import type { Completion, SampleRequest } from '../../src/engine/engine.ts';
import type { LocalSampler } from '../../src/engine/local/backend.ts';
import { BatchSampler } from '../../src/engine/local/sampling/batch-sampler.ts';
import { Decoding } from '../../src/engine/local/sampling/decoding.ts';
import { Prefill } from '../../src/engine/local/sampling/prefill/prefill.ts';
import {
  SAMPLED_SHAPES,
  type SamplerOptions,
  sampleRequest,
  samplerSuite,
} from '../../src/engine/local/sampling/sampler.contract.ts';
import { DeviceMemory } from '../../src/engine/local/webgpu/device-memory.ts';
import { DeviceTensors } from '../../src/engine/local/webgpu/device-tensors.ts';
import { DeviceSampler } from '../../src/engine/local/webgpu/sampling/device-sampler.ts';
import { SamplingSessions } from '../../src/engine/local/webgpu/sampling/sampling-sessions.ts';
import { adapterTensors } from '../../src/models/adapters/adapter.ts';
import type { DecoderConfig, Tensor, Weights } from '../../src/models/decoder-config.ts';
import { randomWeights } from '../../src/models/init.ts';
import { Random } from '../../src/random.ts';
import type { AdapterShape } from '../../src/types.ts';

const memory = new DeviceMemory();
const sessions = new Map<DecoderConfig, SamplingSessions>();
const closeSessions = async (): Promise<void> => {
  for (const one of sessions.values()) await one.close();
  sessions.clear();
};
afterAll(async () => {
  await closeSessions();
  await memory.close();
});

async function open(
  config: DecoderConfig,
  weights: Weights,
  options: SamplerOptions,
  adapter: AdapterShape | null = null,
): Promise<LocalSampler> {
  const shared = adapter === null ? sessions.get(config) : undefined;
  const own = shared ?? new SamplingSessions(config, adapter, memory);
  if (adapter === null) sessions.set(config, own);
  const tensors = await DeviceTensors.upload(memory, weights);
  const sampler = new DeviceSampler(tensors.feed, own, options);
  return {
    sample: (requests, control) => sampler.sample(requests, control),
    close: async () => {
      await sampler.close();
      tensors.free();
      if (adapter !== null) await own.close();
    },
  };
}

// The other two shapes are compared with the processor below.
samplerSuite('GPU', { open, close: closeSessions, shorter: 10, shapes: [SAMPLED_SHAPES[1].name] });

interface Compared {
  /** Completions without their log-probabilities. */
  found: object[];
  expected: object[];
  /** Largest difference of a log-probability. */
  difference: number;
}

/** Samples on the device and on the processor. */
async function onBoth(config: DecoderConfig, weights: Weights, adapter: AdapterShape | null): Promise<Compared> {
  const options = { slots: 4, sharePrompts: true, eosIds: [3], policyVersion: 2, decode: () => '' };
  const requests: SampleRequest[] = [
    sampleRequest(17, 1, 2, 5),
    { ...sampleRequest(3, 5, 1, 5), temperature: 0 },
    { ...sampleRequest(3, 6, 2, 5), temperature: 0.7, topP: 0.9, topK: 70 },
  ];
  const decoding = new Decoding(config, weights, 1, adapter);
  const prefill = new Prefill(config, 1, adapter);
  const device = await open(config, weights, options, adapter);
  try {
    const host = await new BatchSampler(weights, prefill, decoding, options).sample(requests, { tick: () => {} });
    const expected = host.flat();
    const found = (await device.sample(requests, { tick: () => {} })).flat();
    const differences = found.map(({ logprobs }, at) =>
      Math.max(...logprobs.map((value, token) => Math.abs(value - expected[at].logprobs[token]))),
    );
    const without = (one: Completion): object => ({ ...one, logprobs: null });
    return { found: found.map(without), expected: expected.map(without), difference: Math.max(...differences) };
  } finally {
    await device.close();
    await decoding.close();
    await prefill.close();
  }
}

it.each(SAMPLED_SHAPES)('samples what the processor samples: $name', async ({ config }) => {
  const { found, expected, difference } = await onBoth(config, randomWeights(config, 4, 0.2), null);
  expect(found).toEqual(expected);
  expect(difference).toBeLessThan(1e-4);
});

it('samples what the processor samples: an adapter over biased, untied weights', async () => {
  const config: DecoderConfig = { ...SAMPLED_SHAPES[0].config, architecture: 'qwen2', qkvBias: true, tied: false };
  const adapter: AdapterShape = { rank: 3, alpha: 5, targets: ['q_proj', 'v_proj', 'down_proj'] };
  const random = new Random(8);
  const factors = adapterTensors(config, adapter).map(({ name, shape }): [string, Tensor] => [
    name,
    { shape, data: Float32Array.from({ length: shape[0] * shape[1] }, () => 0.2 * random.normal()) },
  ]);
  const weights = new Map([...randomWeights(config, 4, 0.2), ...factors]);
  const { found, expected, difference } = await onBoth(config, weights, adapter);
  expect(found).toEqual(expected);
  expect(difference).toBeLessThan(1e-4);
});

it('frees what a call allocated, also when the call fails', async () => {
  const { config } = SAMPLED_SHAPES[0];
  const options = { slots: 8, sharePrompts: true, eosIds: [], policyVersion: 0, decode: () => '' };
  const sampler = await open(config, randomWeights(config, 4, 0.2), options);
  // Caches of 12 MB for completions that end at their first token.
  const everything = Array.from({ length: config.vocabulary }, (_, token) => token);
  const request = { ...sampleRequest(3, 1, 8, 1500), stopTokens: everything };
  const failing = {
    tick: () => {},
    stream: {
      drawn: () => {
        throw new Error('enough');
      },
      ended: () => {},
    },
  };
  const calls = async (count: number): Promise<void> => {
    for (let call = 0; call < count; call++) {
      await sampler.sample([request], { tick: () => {} });
      await expect(sampler.sample([request], failing)).rejects.toThrow('enough');
    }
  };
  await calls(2);
  const before = process.memoryUsage().rss;
  await calls(6);
  expect(process.memoryUsage().rss - before).toBeLessThan(75e6);
  await sampler.close();
});
