import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { SuiteDevice } from '../../../../test/fixtures/devices/device.ts';
import { decoderTensors, type DecoderConfig } from '../../../models/decoder-config.ts';
import { randomWeights } from '../../../models/init.ts';
import { type Batch, LayeredTraining } from './layered-training.ts';
import { SequenceFeeds } from './sequence-feeds.ts';

const CONFIG: DecoderConfig = {
  architecture: 'qwen2',
  hidden: 12,
  layers: 2,
  heads: 2,
  kvHeads: 1,
  headDim: 6,
  intermediate: 20,
  vocabulary: 17,
  maxPositions: 64,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-6,
  tied: false,
  qkNorm: false,
  qkvBias: true,
};
const LONG: Batch = {
  sequences: [Int32Array.from([1, 2, 3, 4, 5]), Int32Array.from([6, 7, 6])],
  time: 8,
  tree: null,
  rows: Int32Array.from([1, 2, 4, 8, 9, 10, 10]),
  targets: Int32Array.from([3, 4, 16, 7, 6, 0, 1]),
};
const SHORT: Batch = {
  sequences: [Int32Array.from([9, 8])],
  time: 2,
  tree: null,
  rows: Int32Array.of(1),
  targets: Int32Array.of(2),
};

export function layeredTrainingContract(device: string, open: () => Promise<SuiteDevice>): void {
  describe(`layered training on ${device}`, () => {
    let on: SuiteDevice;
    beforeAll(async () => {
      on = await open();
    });
    afterAll(() => on.close());

    /** Log-probabilities of all batches, and their accumulated gradients. */
    async function trained(batches: readonly Batch[], most: number): Promise<[number[], Map<string, Float32Array>]> {
      const weights = randomWeights(CONFIG, 5, 0.3);
      const placed = await on.place(weights);
      const gathered = await on.place(
        new Map(
          Array.from(weights, ([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]),
        ),
      );
      const training = new LayeredTraining(CONFIG, {
        device: on.sequences,
        adapter: null,
        feeds: new SequenceFeeds(CONFIG),
        most,
      });
      const logprobs: number[] = [];
      for (const batch of batches) {
        const coefficients = Float32Array.from(batch.rows, (_, at) => 1 - at / 3);
        const scores = await training.run(placed.feed, gathered.feed, batch, coefficients);
        logprobs.push(...scores.logprobs);
      }
      await training.close();
      const sums = new Map(Array.from(await gathered.read(), ([name, { data }]) => [name, data]));
      placed.free();
      gathered.free();
      return [logprobs, sums];
    }

    it('returns the same for any number of rows whose logits exist at once', async () => {
      const [logprobs, sums] = await trained([LONG], 100);
      for (const most of [1, 2, 3, 6]) {
        const [others, otherSums] = await trained([LONG], most);
        others.forEach((value, at) => expect(value).toBeCloseTo(logprobs[at], 4));
        for (const { name } of decoderTensors(CONFIG)) {
          const sum = sums.get(name) ?? new Float32Array(0);
          expect(
            sum.some((value) => value !== 0),
            name,
          ).toBe(true);
          otherSums.get(name)?.forEach((value, at) => expect(value, name).toBeCloseTo(sum[at], 4));
        }
      }
    });

    it('carries nothing over from one batch to the next, for any sizes', async () => {
      const [alone] = await trained([SHORT], 4);
      const [after, sums] = await trained([LONG, SHORT], 4);
      expect(after.slice(LONG.rows.length)).toEqual(alone);
      const [again, sumsAgain] = await trained([SHORT, LONG], 4);
      expect(again.slice(SHORT.rows.length)).toEqual(after.slice(0, LONG.rows.length));
      for (const [name, sum] of sums) {
        sumsAgain.get(name)?.forEach((value, at) => expect(value, name).toBeCloseTo(sum[at], 4));
      }
    });
  });
}
