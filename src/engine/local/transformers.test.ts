/**
 * The engine against Hugging Face transformers and PyTorch: logits, greedy continuations, gradients and AdamW
 * steps of tiny random checkpoints that transformers wrote. Numbers and checkpoints: test/fixtures/make/decoders.py.
 */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { furthest, largest, logitsOf } from '../../../test/fixtures/logits.ts';
import { loadCheckpoint, type Checkpoint } from '../../models/checkpoint.ts';
import { decoderTensors, type Tensor } from '../../models/decoder-config.ts';
import { readSafetensors } from '../../models/weights/safetensors.ts';
import type { AdamOptions, Engine, Example } from '../engine.ts';
import { createLocalEngine } from './index.ts';
import { SequenceRunner } from './training/sequence-runner.ts';
import { Trainer } from './training/trainer.ts';

interface Expected {
  greedy: { prompt: number[]; tokens: number[] }[];
  /** Coefficients dL/dlogprob of each of three steps. */
  batch: { input: number[]; target: number[]; mask: number[]; coefficients: number[][] }[];
  adamw: AdamOptions;
  gradNorms: number[];
}

const folderOf = (name: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/models/decoders/${name}`, import.meta.url));

/** Fewer tokens than the longest two sequences together, so that micro-batches are left over. */
const MICRO_BATCH_TOKENS = 40;

describe.each([
  ['qwen3', 'head size of its own, tied, float32'],
  ['qwen2', 'biases, untied, bfloat16 in shards'],
  ['llama3', 'stretched RoPE, one key head, untied, float16'],
  ['smollm2', 'three query heads per key head, tied, bfloat16'],
])('%s: %s', (name) => {
  const folder = folderOf(name);
  let engine: Engine;
  let checkpoint: Checkpoint;
  let expected: Expected;
  let tensors: ReadonlyMap<string, Tensor>;
  let examples: Example[];

  beforeAll(async () => {
    engine = await createLocalEngine({ threads: 1, slots: 2, microBatchTokens: MICRO_BATCH_TOKENS });
    checkpoint = await loadCheckpoint(folder);
    expected = JSON.parse(await readFile(`${folder}/expected.json`, 'utf8')) as Expected;
    tensors = (await readSafetensors(`${folder}/expected.safetensors`)).tensors;
    examples = expected.batch.map(({ input, target, mask }) => ({
      input: Int32Array.from(input),
      target: Int32Array.from(target),
      mask: Uint8Array.from(mask),
    }));
  });
  afterAll(() => engine.close());

  it('gives the same logits at every position, and the same log-probabilities', async () => {
    const logits = tensors.get('logits')?.data ?? new Float32Array(0);
    const found = await logitsOf(
      checkpoint,
      examples.map(({ input }) => input),
    );
    expect(found.length).toBe(logits.length);
    expect(furthest(found, logits)).toBeLessThan(1e-4);

    const sampler = await engine.openSampler({ kind: 'base', path: folder });
    const scores = await sampler.score(examples);
    await sampler.close();
    const { vocabulary } = checkpoint.config;
    let row = 0;
    examples.forEach(({ target, mask }, index) => {
      target.forEach((token, t) => {
        const at = row++ * vocabulary;
        const reference = mask[t] === 0 ? 0 : logprobOf(logits.subarray(at, at + vocabulary), token);
        expect(Math.abs(scores[index][t] - reference), `example ${index}, position ${t}`).toBeLessThan(1e-4);
      });
    });
  });

  it('continues every prompt with the same 64 tokens', async () => {
    const sampler = await engine.openSampler({ kind: 'base', path: folder });
    const requests = expected.greedy.map(({ prompt }) => ({
      prompt: Int32Array.from(prompt),
      n: 1,
      seed: 1,
      maxTokens: 64,
      temperature: 0,
      topP: 1,
      topK: 0,
    }));
    const completions = await sampler.sample(requests);
    await sampler.close();
    expect(completions.map(([{ tokens }]) => [...tokens])).toEqual(expected.greedy.map(({ tokens }) => tokens));
  });

  it.each([
    ['all activations kept', () => false],
    ['activations computed again', () => true],
    ['activations of longer sequences computed again', (_count: number, time: number) => time > 16],
  ])(
    'has the same gradient of every parameter, and the same weights after three AdamW steps: %s',
    async (_how, recompute) => {
      const { config, weights } = await loadCheckpoint(folder);
      const runner = new SequenceRunner(config, { threads: 1, microBatchTokens: MICRO_BATCH_TOKENS, recompute });
      const trainer = new Trainer(runner, weights, { version: 0, updates: 0, optimizer: new Map() }, 1);
      for (let step = 0; step < 3; step++) {
        const coefficients = expected.batch.map((example) => Float32Array.from(example.coefficients[step]));
        await trainer.backward(examples, coefficients, () => {});
        for (const { name: parameter } of step === 0 ? decoderTensors(config) : []) {
          const reference = tensors.get(`gradient.${parameter}`)?.data ?? new Float32Array(0);
          const gradient = trainer.gradients().get(parameter) ?? new Float32Array(0);
          expect(gradient.length, parameter).toBe(reference.length);
          expect(furthest(gradient, reference) / largest(reference), parameter).toBeLessThan(1e-4);
        }
        const { gradNorm } = await trainer.step(expected.adamw);
        expect(Math.abs(gradNorm / expected.gradNorms[step] - 1)).toBeLessThan(1e-4);
      }
      await trainer.close();
      await runner.close();
      for (const { name: parameter } of decoderTensors(config)) {
        const stepped = tensors.get(`stepped.${parameter}`)?.data ?? new Float32Array(0);
        expect(furthest(weights.get(parameter)?.data ?? new Float32Array(0), stepped), parameter).toBeLessThan(1e-5);
        // Something has moved, by more than what is tolerated.
        expect(furthest(checkpoint.weights.get(parameter)?.data ?? new Float32Array(0), stepped)).toBeGreaterThan(1e-3);
      }
    },
  );
});

function logprobOf(logits: Float32Array, token: number): number {
  const top = Math.max(...logits);
  return logits[token] - top - Math.log(logits.reduce((sum, value) => sum + Math.exp(value - top), 0));
}
