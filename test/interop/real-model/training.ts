/**
 * Compares one training step of the local engine, of all parameters and of an adapter, with what `check.py` wrote.
 * Ends with status 1 if a gradient or a changed weight differs by more than rounding.
 *     npx tsx test/interop/real-model/training.ts MODEL_FOLDER OUT_FOLDER full|lora
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelsInMemory } from '../../../src/engine/local/memory/models-in-memory.ts';
import { SequenceRunner } from '../../../src/engine/local/training/sequence-runner.ts';
import { loadCheckpoint } from '../../../src/models/checkpoint.ts';
import { readSafetensors } from '../../../src/models/weights/safetensors.ts';
import { hostDevice } from '../../fixtures/devices/host.ts';
import { furthest, largest } from '../../fixtures/logits.ts';

const [, , folder = '', out = '', kind = 'full'] = process.argv;
const MICRO_BATCH_TOKENS = 512;
/** Largest difference of a gradient, as a share of the tensor's largest value. */
const GRADIENT_LIMIT = 1e-3;

const numbers = z.array(z.number());
const { batch, norms, adamw } = z
  .object({
    batch: z.array(z.object({ input: numbers, target: numbers, mask: numbers, coefficients: numbers })),
    norms: z.record(z.string(), z.number()),
    adamw: z.object({
      learningRate: z.number(),
      beta1: z.number(),
      beta2: z.number(),
      epsilon: z.number(),
      weightDecay: z.number(),
      clip: z.number(),
    }),
  })
  .parse(JSON.parse(readFileSync(join(out, 'batch.json'), 'utf8')));
const examples = batch.map(({ input, target, mask }) => ({
  input: Int32Array.from(input),
  target: Int32Array.from(target),
  mask: Uint8Array.from(mask),
}));
const coefficients = batch.map((example) => Float32Array.from(example.coefficients));
const { tensors } = await readSafetensors(join(out, `${kind}.safetensors`));
const reference = (name: string): Float32Array => tensors.get(name)?.data ?? new Float32Array(0);

const device = await hostDevice();
const open = async () => {
  if (kind === 'full') {
    const { config, weights } = await loadCheckpoint(folder);
    return { config, own: await device.place(weights), shape: null };
  }
  const { config, tensors: own, adapter } = await new ModelsInMemory().openToTrain(join(out, 'adapter'), undefined);
  return { config, own, shape: adapter?.shape ?? null };
};
const { config, own, shape } = await open();
const runner = new SequenceRunner(
  config,
  device.sequences,
  { microBatchTokens: MICRO_BATCH_TOKENS, recompute: () => false },
  shape,
);
const trainer = await device.train(runner, own);
await trainer.backward(examples, coefficients, () => {});
const gradients = await trainer.gradients();
let gradientDifference = 0;
let worst = '';
for (const [name, gradient] of gradients) {
  const wanted = reference(`gradient.${name}`);
  if (wanted.length !== gradient.length) throw new Error(`${name}: ${gradient.length} values, not ${wanted.length}`);
  const difference = furthest(gradient, wanted) / largest(wanted);
  if (difference > gradientDifference) [gradientDifference, worst] = [difference, name];
}
const { gradNorm } = await trainer.step(adamw);
const weights = await own.read();
let weightDifference = 0;
let movedApart = 0;
let values = 0;
for (const name of gradients.keys()) {
  const wanted = reference(`stepped.${name}`);
  const found = weights.get(name)?.data ?? new Float32Array(0);
  weightDifference = Math.max(weightDifference, furthest(found, wanted));
  values += wanted.length;
  // A first step of AdamW moves every value by about the learning rate; the sign of a tiny gradient may be rounding.
  movedApart += wanted.reduce((sum, value, at) => sum + Number(Math.abs(value - found[at]) > adamw.learningRate), 0);
}
const result = {
  kind,
  tensors: gradients.size,
  values,
  gradientDifference,
  worst,
  gradNorm,
  gradNormOfPyTorch: norms[kind],
  weightDifference,
  movedApart,
};
console.log(JSON.stringify(result));
const isEqual =
  gradientDifference < GRADIENT_LIMIT &&
  Math.abs((gradNorm ?? NaN) / norms[kind] - 1) < 1e-4 &&
  movedApart / values < 1e-4;
process.exitCode = isEqual ? 0 : 1;
