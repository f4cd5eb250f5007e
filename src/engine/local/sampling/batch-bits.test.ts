/** Completions have the same bits in any batch and with any number of threads. */

import { expect, it } from 'vitest';

import { request } from '../../../../test/fixtures/engine-parts.ts';
import { factorName, newAdapter } from '../../../models/adapters/adapter.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { randomWeights } from '../../../models/init.ts';
import { ADAPTER_TARGETS, type AdapterShape } from '../../../types.ts';
import type { Completion } from '../../engine.ts';
import { PlacedAdapter } from '../memory/loaded.ts';
import { SharedBase } from '../memory/shared-base.ts';
import { placeOnHost } from '../memory/tensors.ts';
import { SamplerSessions } from './sampler-sessions.ts';

/** Products of few columns, whose sums are longer than a block of the runtime (128 terms; with few columns 512). */
const NARROW: DecoderConfig = {
  architecture: 'llama',
  hidden: 128,
  layers: 1,
  heads: 8,
  kvHeads: 4,
  headDim: 16,
  intermediate: 384,
  vocabulary: 100,
  maxPositions: 256,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-5,
  tied: true,
  qkNorm: false,
};
const WIDE: DecoderConfig = { ...NARROW, hidden: 576, heads: 9, kvHeads: 3, headDim: 64, intermediate: 1536 };
const rank = (of: number): AdapterShape => ({ rank: of, alpha: 32, targets: ADAPTER_TARGETS });

const LENGTHS = [5, 20, 33, 60];
const REQUESTS = Array.from({ length: 40 }, (_, row) => {
  const prompt = Array.from({ length: LENGTHS[row % 4] }, (_unused, at) => (7 * at + 13 * row) % NARROW.vocabulary);
  return request({ prompt, n: 1, seed: row, maxTokens: 8, ignoreEnd: true });
});
/** Parts of the requests: few rows, more rows than an adapter's rank, all. */
const BATCHES = [1, 3, 9, 20, 40];

it.each([
  ['narrow layers', NARROW, null],
  ['an adapter over narrow layers', NARROW, rank(4)],
  ['wide layers', WIDE, null],
  ['an adapter of a high rank', WIDE, rank(48)],
])('%s', { timeout: 60_000 }, async (_, config, shape) => {
  const reference = await completions(config, shape, 1);
  for (const threads of [2, 8]) {
    const found = await completions(config, shape, threads);
    for (const [at, some] of found.entries()) {
      expect(some, `${threads} threads, ${BATCHES[at]} requests`).toEqual(reference[4].slice(0, some.length));
    }
  }
});

/** Samples every batch. */
async function completions(
  config: DecoderConfig,
  shape: AdapterShape | null,
  threads: number,
): Promise<Completion[][][]> {
  const base = new SharedBase(config, await placeOnHost(randomWeights(config, 1, 0.05))).enter();
  const adapter = shape && (await trainedAdapter(config, shape));
  const tensors = adapter === null ? base.tensors : base.tensors.with(adapter.tensors);
  const sessions = new SamplerSessions({ threads, slots: 64 });
  const sampler = sessions.sampler({ config, base, adapter, tensors, version: 0, eosIds: [], decode: () => '' });
  const found: Completion[][][] = [];
  for (const size of BATCHES) found.push(await sampler.sample(REQUESTS.slice(0, size), { tick: () => {} }));
  await base.leave();
  await sessions.close();
  return found;
}

/** An adapter whose factors B are not zero. */
async function trainedAdapter(config: DecoderConfig, shape: AdapterShape): Promise<PlacedAdapter> {
  const { weights } = newAdapter(config, shape, 1);
  for (const [name, { data }] of weights) {
    if (name.endsWith(factorName('', 'B'))) data.forEach((_, at) => (data[at] = 0.05 * Math.sin(at)));
  }
  return new PlacedAdapter(shape, await placeOnHost(weights));
}
