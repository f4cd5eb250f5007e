import { describe, expect, it } from 'vitest';

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { decoderTensors } from '../../../models/decoder-config.ts';
import { randomWeights } from '../../../models/init.ts';
import { Random } from '../../../random.ts';
import type { Example } from '../../engine.ts';
import { onHost, SequenceRunner } from './sequence-runner.ts';
import { Trainer } from './trainer.ts';

const BASE: DecoderConfig = {
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
const VARIANTS: [string, DecoderConfig][] = [
  ['Qwen3, tied', BASE],
  [
    'Llama, untied, one key head',
    { ...BASE, architecture: 'llama', tied: false, qkNorm: false, kvHeads: 1, headDim: 10 },
  ],
  ['Qwen2, with biases', { ...BASE, architecture: 'qwen2', qkNorm: false, qkvBias: true, headDim: 6 }],
];
/** Entries checked per parameter: the steepest one and some random ones. */
const ENTRIES = 3;

function examples(vocabulary: number): Example[] {
  const random = new Random(3);
  return [5, 9, 17].map((length) => ({
    input: Int32Array.from({ length }, () => random.integer(0, vocabulary - 1)),
    target: Int32Array.from({ length }, () => random.integer(0, vocabulary - 1)),
    mask: Uint8Array.from({ length }, (_, t) => (t > 2 ? 1 : 0)),
  }));
}

describe.each(VARIANTS)('gradients of %s', (_name, config) => {
  it('match finite differences for every parameter', async () => {
    const weights = randomWeights(config, 7, 0.3);
    const runner = new SequenceRunner(config, onHost(1), { microBatchTokens: 32 });
    const trainer = new Trainer(runner, weights, { version: 0, updates: 0, optimizer: new Map() }, 1);
    const batch = examples(config.vocabulary);
    const random = new Random(11);
    const coefficients = batch.map(({ mask }) => Float32Array.from(mask, (masked) => masked * random.normal()));
    const loss = async (): Promise<number> => {
      const { logprobs } = await trainer.score(batch, () => {});
      return logprobs.reduce(
        (sum, row, i) => sum + row.reduce((part, value, t) => part + value * coefficients[i][t], 0),
        0,
      );
    };
    await trainer.backward(batch, coefficients, () => {});
    for (const { name } of decoderTensors(config)) {
      const data = weights.get(name)?.data ?? new Float32Array(0);
      const gradient = trainer.gradients().get(name) ?? new Float32Array(0);
      const steepest = gradient.reduce((best, value, i) => (Math.abs(value) > Math.abs(gradient[best]) ? i : best), 0);
      const tried = [steepest, ...Array.from({ length: ENTRIES - 1 }, () => random.integer(0, data.length - 1))];
      for (const index of tried) {
        const numeric = await slope(data, index, loss);
        const tolerance = 0.02 * Math.abs(gradient[steepest]) + 2e-3;
        expect(
          Math.abs(numeric - gradient[index]),
          `${name}[${index}]: ${numeric} and ${gradient[index]}`,
        ).toBeLessThan(tolerance);
      }
    }
    await trainer.close();
    await runner.close();
  });
});

/** Richardson's two-step central difference, because float32 losses do not allow a small step. */
async function slope(data: Float32Array, index: number, loss: () => Promise<number>): Promise<number> {
  const at = data[index];
  const central = async (h: number): Promise<number> => {
    data[index] = at + h;
    const above = await loss();
    data[index] = at - h;
    const below = await loss();
    data[index] = at;
    return (above - below) / (2 * h);
  };
  const [wide, narrow] = [await central(1e-2), await central(5e-3)];
  return (4 * narrow - wide) / 3;
}
