/** The sampler on the device: the contract of all samplers, and the same completions as on the processor. */

import { afterAll, expect, it } from 'vitest';

import type { SampleRequest } from '../../src/engine/engine.ts';
import type { LocalSampler } from '../../src/engine/local/backend.ts';
import { BatchSampler } from '../../src/engine/local/sampling/batch-sampler.ts';
import { Decoding } from '../../src/engine/local/sampling/decoding.ts';
import { Prefill } from '../../src/engine/local/sampling/prefill.ts';
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
import type { DecoderConfig, Weights } from '../../src/models/decoder-config.ts';
import { randomWeights } from '../../src/models/init.ts';

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

async function open(config: DecoderConfig, weights: Weights, options: SamplerOptions): Promise<LocalSampler> {
  const shared = sessions.get(config) ?? new SamplingSessions(config, null, memory);
  sessions.set(config, shared);
  const tensors = await DeviceTensors.upload(memory, weights);
  const sampler = new DeviceSampler(tensors.feed, shared, options);
  return {
    sample: (requests, control) => sampler.sample(requests, control),
    close: async () => {
      await sampler.close();
      tensors.free();
    },
  };
}

// The other two shapes are compared with the processor below.
samplerSuite('GPU', { open, close: closeSessions, shorter: 10, shapes: [SAMPLED_SHAPES[1].name] });

it.each(SAMPLED_SHAPES)('samples what the processor samples: $name', async ({ config }) => {
  const weights = randomWeights(config, 4, 0.2);
  const options = { slots: 4, sharePrompts: true, eosIds: [3], policyVersion: 2, decode: () => '' };
  const requests: SampleRequest[] = [
    sampleRequest(17, 1, 2, 5),
    { ...sampleRequest(3, 5, 1, 5), temperature: 0 },
    { ...sampleRequest(3, 6, 2, 5), temperature: 0.7, topP: 0.9, topK: 70 },
  ];
  const decoding = new Decoding(config, weights, 1);
  const prefill = new Prefill(config, 1);
  const device = await open(config, weights, options);
  try {
    const expected = await new BatchSampler(weights, prefill, decoding, options).sample(requests, { tick: () => {} });
    const found = await device.sample(requests, { tick: () => {} });
    const without = (one: (typeof found)[number][number]) => ({ ...one, logprobs: null });
    expect(found.map((all) => all.map(without))).toEqual(expected.map((all) => all.map(without)));
    found.flat().forEach(({ logprobs }, at) => {
      const other = expected.flat()[at].logprobs;
      expect(Math.max(...logprobs.map((value, token) => Math.abs(value - other[token])))).toBeLessThan(1e-4);
    });
  } finally {
    await device.close();
    await decoding.close();
    await prefill.close();
  }
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
