/** A prompt that is divided at a beginning has the bits of the whole prompt, in any batch, with any threads. */

import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { factorName, newAdapter } from '../../../../models/adapters/adapter.ts';
import type { DecoderConfig, Weights } from '../../../../models/decoder-config.ts';
import { randomWeights } from '../../../../models/init.ts';
import { ADAPTER_TARGETS, type AdapterShape } from '../../../../types.ts';
import { feedOf } from '../../memory/tensors.ts';
import { onHost, SequenceRunner } from '../../training/sequence-runner.ts';
import { beginningOf, joinedParts } from './cached-prompt.ts';
import { Prefill, type Prefilled } from './prefill.ts';

const ONE_KEY_HEAD: DecoderConfig = {
  architecture: 'llama',
  hidden: 64,
  layers: 1,
  heads: 1,
  kvHeads: 1,
  headDim: 64,
  intermediate: 96,
  vocabulary: 100,
  maxPositions: 512,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-5,
  tied: true,
  qkNorm: false,
};
const GROUPED: DecoderConfig = {
  ...ONE_KEY_HEAD,
  architecture: 'qwen3',
  layers: 2,
  heads: 6,
  kvHeads: 2,
  headDim: 10,
  qkNorm: true,
};
const WIDE: DecoderConfig = { ...ONE_KEY_HEAD, hidden: 576, heads: 9, kvHeads: 3, intermediate: 640 };
const LONG_HEADS: DecoderConfig = { ...ONE_KEY_HEAD, hidden: 128, heads: 2, kvHeads: 2, headDim: 128 };

const LENGTH = 300;
const prompt = Int32Array.from({ length: LENGTH }, (_, at) => (at * 37 + (at >> 3)) % 100);
/** Where the prompt is divided: at its ends, and around the blocks that the runtime sums in. */
const CUTS = [1, 31, 64, 190, 257, 298, 299];

/** Prompts with the same beginning: one token more, a few, many. */
function others(cut: number): Int32Array[] {
  return [1, 2, 9, 40].map((more) =>
    Int32Array.from({ length: cut + more }, (_, at) => (at < cut ? prompt[at] : (at * more + 5) % 100)),
  );
}

/** Returns a digest of all values: comparing arrays of this size takes longer than computing them. */
function bitsOf(config: DecoderConfig, { first, ...prefilled }: Prefilled): string {
  const digest = createHash('sha256').update(first);
  for (let layer = 0; layer < config.layers; layer++) {
    const { keys, values } = joinedParts(prefilled, layer, config);
    digest.update(keys).update(values);
  }
  return digest.digest('hex');
}

function weightsOf(config: DecoderConfig, shape: AdapterShape | null): Weights {
  const weights = randomWeights(config, 1, 0.05);
  if (shape === null) return weights;
  const { weights: factors } = newAdapter(config, shape, 1);
  for (const [name, { data }] of factors) {
    if (name.endsWith(factorName('', 'B'))) data.forEach((_, at) => (data[at] = 0.05 * Math.sin(at)));
  }
  return new Map([...weights, ...factors]);
}

const rank = (of: number): AdapterShape => ({ rank: of, alpha: 32, targets: ADAPTER_TARGETS });

describe('a divided prompt', () => {
  it.each([
    ['one key head', ONE_KEY_HEAD, null],
    ['three query heads per key head', GROUPED, null],
    ['an adapter', GROUPED, rank(4)],
    ['wide layers', WIDE, null],
    ['an adapter of a high rank', WIDE, rank(48)],
    ['long heads', LONG_HEADS, null],
  ])('has the bits of the whole one: %s', { timeout: 60_000 }, async (_, config, shape) => {
    const weights = weightsOf(config, shape);
    let expected: string | null = null;
    for (const threads of [1, 2, 8]) {
      const prefill = new Prefill(config, threads, shape);
      const [whole] = await prefill.run(weights, [prompt]);
      expected ??= bitsOf(config, whole);
      expect(bitsOf(config, whole), `${threads} threads`).toEqual(expected);
      for (const cut of CUTS) {
        const beginning = beginningOf(whole, cut);
        const [alone] = await prefill.runAfter(weights, beginning, [prompt]);
        expect(bitsOf(config, alone), `${threads} threads, after ${cut}`).toEqual(expected);
        const batch = [...others(cut), prompt];
        const together = await prefill.runAfter(weights, beginning, batch);
        expect(bitsOf(config, together[4]), `${threads} threads, after ${cut}, in a batch`).toEqual(expected);
        const [apart] = await prefill.run(weights, [batch[0]]);
        expect(bitsOf(config, together[0]), `${threads} threads, one after ${cut}`).toEqual(bitsOf(config, apart));
      }
      await prefill.close();
    }
  });

  it('can be the beginning of another one', async () => {
    const weights = weightsOf(GROUPED, null);
    const prefill = new Prefill(GROUPED, 1);
    const [whole] = await prefill.run(weights, [prompt]);
    const [first] = await prefill.run(weights, [prompt.subarray(0, 50)]);
    const [second] = await prefill.runAfter(weights, beginningOf(first, 40), [prompt.subarray(0, 120)]);
    const [third] = await prefill.runAfter(weights, beginningOf(second, 41), [prompt]);
    const [fourth] = await prefill.runAfter(weights, beginningOf(third, 250), [prompt]);
    expect(fourth.parts.map(({ length }) => length)).toEqual([40, 1, 209, 50]);
    for (const one of [third, fourth]) expect(bitsOf(GROUPED, one)).toEqual(bitsOf(GROUPED, whole));
    await prefill.close();
  });

  it('has the distribution that scoring the whole prompt has', async () => {
    const weights = weightsOf(WIDE, rank(4));
    const prefill = new Prefill(WIDE, 1, rank(4));
    const [{ length, parts }] = await prefill.run(weights, [prompt.subarray(0, 150)]);
    const [{ first }] = await prefill.runAfter(weights, { length, parts }, [prompt]);
    const runner = new SequenceRunner(WIDE, onHost(1), { microBatchTokens: 512, recompute: () => false }, rank(4));
    for (const token of [0, 17, 99]) {
      const mask = new Uint8Array(LENGTH);
      mask[LENGTH - 1] = 1;
      const target = Int32Array.of(...prompt.subarray(1), token);
      const { logprobs } = await runner.score(feedOf(weights), [{ input: prompt, target, mask }], () => {});
      expect(Math.abs(logprobs[0][LENGTH - 1] - first[token])).toBeLessThan(1e-4);
    }
    await runner.close();
    await prefill.close();
  });
});
