/**
 * Adapters against PEFT and PyTorch: logits, greedy continuations, gradients of every factor and AdamW steps, over the
 * tiny checkpoints of transformers.test.ts. Numbers and adapters: test/fixtures/make/lora.py. And what adapters share.
 */

import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { furthest, largest, logitsOf } from '../../../test/fixtures/logits.ts';
import { adapterTensors, newAdapter } from '../../models/adapters/adapter.ts';
import { ADAPTER_TARGETS } from '../../types.ts';
import { loadCheckpoint } from '../../models/checkpoint.ts';
import type { Tensor } from '../../models/decoder-config.ts';
import { readSafetensors } from '../../models/weights/safetensors.ts';
import type { AdamOptions, Completion, Example, WeightsRef } from '../engine.ts';
import { LocalCore, type CallControl } from './core.ts';
import { ModelsInMemory, type Loaded } from './memory/models-in-memory.ts';
import { OnnxGraph } from './onnx/graph.ts';
import { SequenceRunner } from './training/sequence-runner.ts';
import { Trainer } from './training/trainer.ts';
import { sequenceGraph } from './training/training-graph.ts';

interface Expected {
  base: string;
  greedy: { prompt: number[]; tokens: number[] }[];
  adamw: AdamOptions;
  gradNorms: number[];
}

const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/models/${path}`, import.meta.url));
const json = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T;

const OPTIONS = { threads: 1, slots: 2, microBatchTokens: 40 };
const CONTROL: CallControl = { progress: () => {}, checkAborted: () => {} };
const QWEN3 = fixture('decoders/qwen3');
/** Operators that multiply matrices. */
const PRODUCTS = new Set(['FusedMatMul', 'MatMul', 'Gemm']);
const SHAPE = { rank: 4, alpha: 8, targets: ADAPTER_TARGETS };

function request(prompt: readonly number[], maxTokens: number) {
  return { prompt: Int32Array.from(prompt), n: 1, seed: 1, maxTokens, temperature: 0, topP: 1, topK: 0 };
}

async function sampled(core: LocalCore, ref: WeightsRef, prompts: readonly number[][]): Promise<Completion[][]> {
  const { handle } = await core.handlers.openSampler({ ref }, CONTROL);
  const requests = prompts.map((prompt) => request(prompt, 64));
  const completions = await core.handlers.sample({ handle, requests }, CONTROL);
  await core.handlers.closeSampler({ handle }, CONTROL);
  return completions;
}

describe.each([
  ['qwen3-all', 'every matrix, written with whole names'],
  ['llama3-some', 'three matrices, at a rank above the key head, with a factor below one'],
])('%s: %s', (name) => {
  const folder = fixture(`adapters/${name}`);
  let core: LocalCore;
  let loaded: Loaded;
  let expected: Expected;
  let tensors: ReadonlyMap<string, Tensor>;
  let examples: Example[];
  let coefficients: number[][][];
  const dataOf = (key: string): Float32Array => tensors.get(key)?.data ?? new Float32Array(0);

  beforeAll(async () => {
    core = new LocalCore(OPTIONS);
    loaded = await new ModelsInMemory(1).openToTrain(folder, undefined);
    expected = await json<Expected>(`${folder}/expected.json`);
    tensors = (await readSafetensors(`${folder}/expected.safetensors`)).tensors;
    const { batch } = await json<{
      batch: { input: number[]; target: number[]; mask: number[]; coefficients: number[][] }[];
    }>(fixture(`decoders/${expected.base}/expected.json`));
    examples = batch.map(({ input, target, mask }) => ({
      input: Int32Array.from(input),
      target: Int32Array.from(target),
      mask: Uint8Array.from(mask),
    }));
    coefficients = batch.map((example) => example.coefficients);
  });
  afterAll(() => core.handlers.shutdown(null, CONTROL));

  it('gives the same logits, as an adapter and merged', async () => {
    const sequences = examples.map(({ input }) => input);
    const logits = dataOf('logits');
    const adapted = await logitsOf(loaded, sequences, loaded.adapter?.shape);
    expect(adapted.length).toBe(logits.length);
    expect(furthest(adapted, logits)).toBeLessThan(1e-4);
    expect(furthest(await logitsOf(await loadCheckpoint(folder), sequences), logits)).toBeLessThan(1e-4);
    const bare = await logitsOf(await loadCheckpoint(fixture(`decoders/${expected.base}`)), sequences);
    expect(furthest(bare, logits)).toBeGreaterThan(1);
  });

  it('continues every prompt with the same 64 tokens', async () => {
    const completions = await sampled(
      core,
      { kind: 'base', path: folder },
      expected.greedy.map(({ prompt }) => prompt),
    );
    expect(completions.map(([{ tokens }]) => [...tokens])).toEqual(expected.greedy.map(({ tokens }) => tokens));
  });

  it.each([
    ['all activations kept', () => false],
    ['activations computed again', () => true],
  ])(
    'has the same gradient of every factor, the same factors after three AdamW steps, and the base as it was: %s',
    async (_how, recompute) => {
      const { config, weights, adapter, base } = await new ModelsInMemory(1).openToTrain(folder, undefined);
      if (adapter === null) throw new Error('no adapter');
      const runner = new SequenceRunner(config, { ...OPTIONS, recompute }, adapter.shape);
      const trainer = new Trainer(runner, weights, { version: 0, updates: 0, optimizer: new Map() }, 1);
      const names = adapterTensors(config, adapter.shape).map((tensor) => tensor.name);
      expect(names.map((one) => `gradient.${one}`).toSorted()).toEqual(
        [...tensors.keys()].filter((key) => key.startsWith('gradient.')).toSorted(),
      );
      for (let step = 0; step < 3; step++) {
        await trainer.backward(
          examples,
          coefficients.map((steps) => Float32Array.from(steps[step])),
          () => {},
        );
        expect([...trainer.gradients().keys()]).toEqual(names);
        for (const [tensor, gradient] of step === 0 ? trainer.gradients() : []) {
          const reference = dataOf(`gradient.${tensor}`);
          expect(gradient.length, tensor).toBe(reference.length);
          expect(furthest(gradient, reference) / largest(reference), tensor).toBeLessThan(1e-4);
        }
        const { gradNorm } = await trainer.step(expected.adamw);
        expect(Math.abs(gradNorm / expected.gradNorms[step] - 1)).toBeLessThan(1e-4);
      }
      await expect(
        trainer.step({ ...expected.adamw, muon: { learningRate: 0.01, momentum: 0.9 } }),
      ).rejects.toMatchObject({ kind: 'user' });
      await trainer.close();
      await runner.close();
      for (const tensor of names) {
        const stepped = dataOf(`stepped.${tensor}`);
        expect(furthest(weights.get(tensor)?.data ?? new Float32Array(0), stepped), tensor).toBeLessThan(1e-5);
        // Something has moved, by more than what is tolerated.
        expect(furthest(loaded.weights.get(tensor)?.data ?? new Float32Array(0), stepped)).toBeGreaterThan(1e-3);
      }
      expect(base.weights).toEqual(loaded.base.weights);
      expect([...optimizerNames(trainer)]).toEqual(names);
    },
  );
});

function optimizerNames(trainer: Trainer): Set<string> {
  return new Set([...trainer.optimizer.keys()].map((key) => key.replace(/^(?:first|second)\./, '')));
}

describe('what adapters share', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'rzero-adapters-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const arrays = ({ base }: Loaded): Float32Array[] => Array.from(base.weights.values(), ({ data }) => data);

  it('has one base in memory for adapters, references and snapshots, freed with the last of them', async () => {
    const models = new ModelsInMemory(1);
    const challenger = await models.openToTrain(QWEN3, { kind: 'lora', seed: 1, ...SHAPE });
    const solver = await models.openToTrain(QWEN3, { kind: 'lora', seed: 2, ...SHAPE, rank: 2 });
    const reference = await models.open(QWEN3);
    const saved = await models.open(fixture('adapters/qwen3-all'));
    const snapshot = models.copy(challenger, 3);
    for (const other of [solver, reference, saved, snapshot]) {
      expect(other.base).toBe(challenger.base);
      for (const [at, data] of arrays(other).entries()) expect(data).toBe(arrays(challenger)[at]);
    }
    const embedding = 'model.embed_tokens.weight';
    expect(snapshot.weights.get(embedding)?.data).toBe(challenger.base.weights.get(embedding)?.data);
    const factor = 'model.layers.0.mlp.up_proj.lora_A.weight';
    expect(snapshot.weights.get(factor)).toEqual(challenger.weights.get(factor));
    expect(snapshot.weights.get(factor)?.data).not.toBe(challenger.weights.get(factor)?.data);

    for (const one of [challenger, solver, reference, saved]) await one.base.leave();
    const again = await models.open(QWEN3);
    expect(again.base).toBe(snapshot.base);
    snapshot.base.release();
    await again.base.leave();
    expect((await models.open(QWEN3)).base).not.toBe(snapshot.base);
  });

  it('keeps whole weights that are trained apart from all others', async () => {
    const models = new ModelsInMemory(1);
    const reference = await models.open(QWEN3);
    const policy = await models.openToTrain(QWEN3, { kind: 'full' });
    const snapshot = models.copy(policy, 1);
    for (const [at, data] of arrays(reference).entries()) {
      expect(arrays(policy)[at]).not.toBe(data);
      expect(arrays(policy)[at]).toEqual(data);
      expect(arrays(snapshot)[at]).not.toBe(arrays(policy)[at]);
    }
  });

  it('sees a checkpoint that was written anew in the same place', async () => {
    const folder = join(root, 'moving');
    await cp(fixture('decoders/smollm2'), folder, { recursive: true });
    const models = new ModelsInMemory(1);
    const before = await models.open(folder);
    await rm(folder, { recursive: true });
    await cp(fixture('decoders/llama3'), folder, { recursive: true });
    expect((await models.open(folder)).config).not.toEqual(before.config);
  });

  it('decodes every adapter of one shape, and the bare base beside them, in one session, to the same bits as apart', async () => {
    const core = new LocalCore(OPTIONS);
    const prompts = [[5, 6, 7], [1, 2, 3, 4, 5, 6, 7], [80]];
    const bare: WeightsRef = { kind: 'base', path: QWEN3 };
    const alone = await sampled(core, bare, prompts);
    const create = vi.spyOn(ort.InferenceSession, 'create');
    const open = async (seed: number): Promise<{ handle: number }> =>
      core.handlers.openPolicy({ from: bare, optimizer: 'fresh', adapt: { kind: 'lora', seed, ...SHAPE } }, CONTROL);
    const [one, other] = [await open(1), await open(2)];
    const decodings = (): number => create.mock.calls.filter(([, given]) => hasExternal(given)).length;
    for (const policy of [one, other, one]) {
      const snapshot = await core.handlers.publish(policy, CONTROL);
      // A new adapter changes nothing yet.
      expect(await sampled(core, snapshot, prompts)).toEqual(alone);
      await core.handlers.removeSnapshot(snapshot, CONTROL);
    }
    expect(await sampled(core, bare, prompts)).toEqual(alone);
    expect(decodings()).toBe(1);
    create.mockRestore();
    await core.handlers.shutdown(null, CONTROL);
  });

  it('computes nothing for the base while an adapter is trained', async () => {
    const { config } = await loadCheckpoint(fixture('decoders/qwen2'));
    const products = (adapter: boolean): { made: number; unread: string[] } => {
      const nodes = vi.spyOn(OnnxGraph.prototype, 'nodes');
      const output = vi.spyOn(OnnxGraph.prototype, 'output');
      sequenceGraph(config, 'training', adapter ? SHAPE : null);
      const read = new Set<string>(output.mock.calls.map(([value]) => value));
      for (const [, inputs] of nodes.mock.calls) for (const input of inputs) read.add(input);
      const made = nodes.mock.calls.filter(([operator]) => PRODUCTS.has(operator)).length;
      const outputs = nodes.mock.results.flatMap(({ value }) => (Array.isArray(value) ? [String(value[0])] : []));
      nodes.mockRestore();
      output.mockRestore();
      return { made, unread: outputs.filter((one) => !read.has(one)) };
    };
    // The seven matrices of a layer, the output matrix, and the two products of attention.
    const { layers } = config;
    expect(products(false)).toEqual({ made: 3 * (9 * layers + 1), unread: [] });
    // A matrix forward: W, A, B; backward: its input's gradient through W and through A, the inner product's, and those
    // of A and B. Of the base none; and below the first queries, keys and values nothing is trained.
    const forward = layers * (7 * 3 + 2) + 1;
    const backward = layers * (7 * 5 + 2 * 2) + 1 - 3 * 2;
    expect(products(true)).toEqual({ made: forward + backward, unread: [] });
  });

  it('begins as PEFT does: B zero, A uniform within one over the root of its width, by seed and name', async () => {
    const { config } = await loadCheckpoint(QWEN3);
    const { weights } = newAdapter(config, { ...SHAPE, rank: 64 }, 5);
    for (const [name, { shape, data }] of weights) {
      if (name.includes('lora_B')) {
        expect(largest(data), name).toBe(0);
        continue;
      }
      const bound = 1 / Math.sqrt(shape[1]);
      expect(largest(data), name).toBeLessThanOrEqual(bound);
      expect(largest(data), name).toBeGreaterThan(0.99 * bound);
      const variance = data.reduce((sum, value) => sum + value * value, 0) / data.length;
      expect(variance / (bound * bound), name).toBeCloseTo(1 / 3, 1);
    }
    expect(newAdapter(config, { ...SHAPE, rank: 64 }, 5).weights).toEqual(weights);
    const other = newAdapter(config, { ...SHAPE, rank: 64 }, 6).weights;
    const [first] = weights.keys();
    expect(other.get(first)).not.toEqual(weights.get(first));
  });
});

function hasExternal(options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'externalData' in options;
}
