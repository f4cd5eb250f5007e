import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { SuiteDevice } from '../../../../test/fixtures/devices/device.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { decoderTensors } from '../../../models/decoder-config.ts';
import { randomWeights } from '../../../models/init.ts';
import { Random } from '../../../random.ts';
import type { Example } from '../../engine.ts';
import type { Feed } from '../memory/tensors.ts';
import { SequenceRunner } from './sequence-runner.ts';

/** A small decoder. */
export const BASE: DecoderConfig = {
  architecture: 'qwen3',
  hidden: 24,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  intermediate: 40,
  vocabulary: 19,
  maxPositions: 64,
  ropeTheta: 10_000,
  rmsEpsilon: 1e-6,
  tied: true,
  qkNorm: true,
};
/** One decoder of each architecture. */
export const VARIANTS: [string, DecoderConfig][] = [
  ['Qwen3, tied', BASE],
  [
    'Llama, untied, one key head',
    { ...BASE, architecture: 'llama', tied: false, qkNorm: false, kvHeads: 1, headDim: 10 },
  ],
  ['Qwen2, with biases', { ...BASE, architecture: 'qwen2', qkNorm: false, qkvBias: true, headDim: 6 }],
];
function examples(vocabulary: number): Example[] {
  const random = new Random(3);
  return [5, 9, 17].map((length) => ({
    input: Int32Array.from({ length }, () => random.integer(0, vocabulary - 1)),
    target: Int32Array.from({ length }, () => random.integer(0, vocabulary - 1)),
    mask: Uint8Array.from({ length }, (_, t) => (t > 2 ? 1 : 0)),
  }));
}

/** @param entries checked per parameter: the steepest one and some random ones */
export function gradientsContract(device: string, open: () => Promise<SuiteDevice>, entries: number): void {
  let on: SuiteDevice;
  beforeAll(async () => {
    on = await open();
  });
  afterAll(() => on.close());

  describe.each(VARIANTS)(`gradients on ${device}, %s`, (_name, config) => {
    it('match finite differences for every parameter', async () => {
      const weights = randomWeights(config, 7, 0.3);
      const runner = new SequenceRunner(config, on.sequences, { microBatchTokens: 32 });
      const placed = await on.place(weights);
      const trainer = await on.train(runner, placed);
      const batch = examples(config.vocabulary);
      const random = new Random(11);
      const coefficients = batch.map(({ mask }) => Float32Array.from(mask, (masked) => masked * random.normal()));
      const lossOf = async (feed: Feed): Promise<number> => {
        const { logprobs } = await runner.score(feed, batch, () => {});
        return logprobs.reduce(
          (sum, row, i) => sum + row.reduce((part, value, t) => part + value * coefficients[i][t], 0),
          0,
        );
      };
      await trainer.backward(batch, coefficients, () => {});
      const gradients = await trainer.gradients();
      for (const [name, { shape, data }] of weights) {
        const gradient = gradients.get(name) ?? new Float32Array(0);
        const steepest = gradient.reduce(
          (best, value, i) => (Math.abs(value) > Math.abs(gradient[best]) ? i : best),
          0,
        );
        const tried = [steepest, ...Array.from({ length: entries - 1 }, () => random.integer(0, data.length - 1))];
        for (const index of tried) {
          const numeric = await slope(async (change) => {
            const moved = data.slice();
            moved[index] += change;
            const other = await on.place(new Map([[name, { shape, data: moved }]]));
            const loss = await lossOf((wanted) => other.feed(wanted) ?? placed.feed(wanted));
            other.free();
            return loss;
          });
          const tolerance = 0.02 * Math.abs(gradient[steepest]) + 2e-3;
          expect(
            Math.abs(numeric - gradient[index]),
            `${name}[${index}]: ${numeric} and ${gradient[index]}`,
          ).toBeLessThan(tolerance);
        }
      }
      expect([...weights.keys()].toSorted()).toEqual(
        decoderTensors(config)
          .map(({ name }) => name)
          .toSorted(),
      );
      await trainer.close();
      await runner.close();
      placed.free();
    });
  });
}

/**
 * Richardson's two-step central difference, because float32 losses do not allow a small step.
 *
 * @param loss returns the loss after a change of one entry
 */
async function slope(loss: (change: number) => Promise<number>): Promise<number> {
  const central = async (h: number): Promise<number> => ((await loss(h)) - (await loss(-h))) / (2 * h);
  const [wide, narrow] = [await central(1e-2), await central(5e-3)];
  return (4 * narrow - wide) / 3;
}
