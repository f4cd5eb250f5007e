import { afterAll, expect, it } from 'vitest';

import type { DecoderConfig, Weights } from '../../../models/decoder-config.ts';
import { randomWeights } from '../../../models/init.ts';
import type { LocalSampler } from '../backend.ts';
import { BatchSampler } from './batch-sampler.ts';
import { Decoding } from './decoding.ts';
import { Prefill } from './prefill/prefill.ts';
import { SAMPLED_SHAPES, type SamplerOptions, sampleRequest, samplerSuite } from './sampler.contract.ts';

const prefills = new Map<DecoderConfig, Prefill>();
const closePrefills = async (): Promise<void> => {
  for (const prefill of prefills.values()) await prefill.close();
  prefills.clear();
};
afterAll(closePrefills);

function open(config: DecoderConfig, weights: Weights, options: SamplerOptions): Promise<LocalSampler> {
  const prefill = prefills.get(config) ?? new Prefill(config, 1);
  prefills.set(config, prefill);
  const decoding = new Decoding(config, weights, 1);
  const sampler = new BatchSampler(weights, prefill, decoding, options);
  return Promise.resolve({
    sample: (requests, control) => sampler.sample(requests, control),
    close: () => decoding.close(),
  });
}

samplerSuite('processor', { open, close: closePrefills, shorter: 1 });

it('draws from a large vocabulary as from the full list of its tokens', async () => {
  const { config } = SAMPLED_SHAPES[2];
  const sampler = await open(config, randomWeights(config, 4, 0.2), {
    slots: 8,
    sharePrompts: true,
    eosIds: [3],
    policyVersion: 0,
    decode: () => '',
  });
  try {
    const requests = [sampleRequest(9, 1, 6, 40)];
    // Keeps every token, but takes the path with a sorted list.
    const listed = requests.map((one) => ({ ...one, minP: 1e-30 }));
    const found = await sampler.sample(requests, { tick: () => {} });
    expect(found).toEqual(await sampler.sample(listed, { tick: () => {} }));
    expect(new Set(found[0].flatMap(({ tokens }) => [...tokens].map((token) => token >> 8))).size).toBeGreaterThan(10);
  } finally {
    await sampler.close();
  }
});
