import { afterAll, expect, it } from 'vitest';
import type { DecoderConfig, Weights } from '../../../models/decoder-config.ts';
import { randomWeights } from '../../../models/init.ts';
import type { Completion, SampleRequest } from '../../engine.ts';
import { BatchSampler } from './batch-sampler.ts';
import { Decoding } from './decoding.ts';
import { Prefill } from './prefill.ts';

const shape = {
  hidden: 40,
  layers: 2,
  intermediate: 56,
  vocabulary: 90,
  maxPositions: 256,
  ropeTheta: 1e4,
  rmsEpsilon: 1e-6,
  tied: true,
};
const configs: [string, DecoderConfig][] = [
  [
    'one query head per key head',
    { ...shape, architecture: 'llama', heads: 4, kvHeads: 4, headDim: 16, qkNorm: false },
  ],
  [
    'three query heads per key head',
    { ...shape, architecture: 'qwen3', heads: 6, kvHeads: 2, headDim: 10, qkNorm: true },
  ],
  [
    'a large vocabulary',
    { ...shape, architecture: 'llama', vocabulary: 4200, heads: 2, kvHeads: 2, headDim: 20, qkNorm: false },
  ],
];
const prefills = configs.map(([, config]) => new Prefill(config, 1));
afterAll(() => Promise.all(prefills.map((prefill) => prefill.close())));

const request = (length: number, seed: number, n: number, maxTokens: number): SampleRequest => ({
  prompt: Int32Array.from({ length }, (_, at) => (at * 7 + seed) % shape.vocabulary),
  n,
  seed,
  maxTokens,
  temperature: 1,
  topP: 1,
  topK: 0,
});

async function sample(
  prefill: Prefill,
  weights: Weights,
  requests: SampleRequest[],
  { slots = 8, sharePrompts = true }: { slots?: number; sharePrompts?: boolean } = {},
): Promise<Completion[][]> {
  const options = { slots, eosIds: [3], policyVersion: 0, decode: () => '', sharePrompts };
  const decoding = new Decoding(prefill.config, weights, 1);
  try {
    return await new BatchSampler(weights, prefill, decoding, options).sample(requests, { tick: () => {} });
  } finally {
    await decoding.close();
  }
}

it.each(configs.map(([name, config], at) => ({ name, config, prefill: prefills[at] })))(
  'returns the same bits with or without shared prompts, in any slots: $name',
  async ({ config, prefill }) => {
    const weights = randomWeights(config, 4, 0.2);
    const requests = [
      request(17, 1, 5, 40),
      request(1, 2, 1, 9),
      request(70, 3, 3, 30),
      { ...request(17, 1, 3, 60), seed: 9 },
    ];
    const shared = await sample(prefill, weights, requests);
    expect(await sample(prefill, weights, requests, { sharePrompts: false })).toEqual(shared);
    expect(await sample(prefill, weights, requests, { slots: 3 })).toEqual(shared);
    for (const [at, one] of requests.entries())
      expect((await sample(prefill, weights, [one], { slots: 1 }))[0]).toEqual(shared[at]);
  },
);

it('draws from a large vocabulary as from the full list of its tokens', async () => {
  const weights = randomWeights(configs[2][1], 4, 0.2);
  const requests = [request(9, 1, 6, 40)];
  // Keeps every token, but takes the path with a sorted list.
  const listed = requests.map((one) => ({ ...one, minP: 1e-30 }));
  const found = await sample(prefills[2], weights, requests);
  expect(found).toEqual(await sample(prefills[2], weights, listed));
  expect(new Set(found[0].flatMap(({ tokens }) => [...tokens].map((token) => token >> 8))).size).toBeGreaterThan(10);
});

it('rejects a model whose probabilities are not finite', async () => {
  const weights = randomWeights(configs[0][1], 4);
  weights.get('model.norm.weight')?.data.fill(Number.NaN);
  await expect(sample(prefills[0], weights, [request(4, 1, 1, 5)])).rejects.toMatchObject({ kind: 'numeric' });
});
