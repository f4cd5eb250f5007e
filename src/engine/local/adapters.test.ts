/** Compares adapters with PEFT and PyTorch, and tests what adapters share. */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hostDevice } from '../../../test/fixtures/devices/host.ts';
import { largest } from '../../../test/fixtures/logits.ts';
import { newAdapter } from '../../models/adapters/adapter.ts';
import { ADAPTER_TARGETS } from '../../types.ts';
import { loadCheckpoint } from '../../models/checkpoint.ts';
import { deriveSeed, Random } from '../../random.ts';
import type { Completion, WeightsRef } from '../engine.ts';
import { LocalCore, type CallControl } from './core.ts';
import type { Loaded } from './memory/loaded.ts';
import { ModelsInMemory } from './memory/models-in-memory.ts';
import { hostWeights } from './memory/tensors.ts';
import { OnnxGraph } from './onnx/graph.ts';
import { peftContract } from './peft.contract.ts';
import { ort } from './runtime.ts';
import { sequenceGraph } from './training/training-graph.ts';

const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../../test/fixtures/models/${path}`, import.meta.url));

const OPTIONS = { threads: 1, slots: 2, microBatchTokens: 40 };
const CONTROL: CallControl = { progress: () => {}, checkAborted: () => {}, isAborted: () => false, tokens: () => {} };
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
  const completions = await core.handlers.sample({ handle, requests, streamed: false }, CONTROL);
  await core.handlers.closeSampler({ handle }, CONTROL);
  return completions;
}

peftContract('the processor', hostDevice);

describe('shared bases', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'rzero-adapters-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  const arrays = ({ base }: Loaded): Float32Array[] =>
    Array.from(hostWeights(base.tensors).values(), ({ data }) => data);
  const dataOf = ({ tensors }: Pick<Loaded, 'tensors'>, name: string) => hostWeights(tensors).get(name)?.data;

  it('keeps one base in memory for adapters, references and snapshots, freed with the last of them', async () => {
    const models = new ModelsInMemory();
    const challenger = await models.openToTrain(QWEN3, { kind: 'lora', seed: 1, ...SHAPE });
    const solver = await models.openToTrain(QWEN3, { kind: 'lora', seed: 2, ...SHAPE, rank: 2 });
    const reference = await models.open(QWEN3);
    const saved = await models.open(fixture('adapters/qwen3-all'));
    const snapshot = await models.copy(challenger, 3);
    for (const other of [solver, reference, saved, snapshot]) {
      expect(other.base).toBe(challenger.base);
      for (const [at, data] of arrays(other).entries()) expect(data).toBe(arrays(challenger)[at]);
    }
    const embedding = 'model.embed_tokens.weight';
    expect(dataOf(snapshot, embedding)).toBe(dataOf(challenger.base, embedding));
    const factor = 'model.layers.0.mlp.up_proj.lora_A.weight';
    expect(dataOf(snapshot, factor)).toEqual(dataOf(challenger, factor));
    expect(dataOf(snapshot, factor)).not.toBe(dataOf(challenger, factor));

    for (const one of [challenger, solver, reference, saved]) await one.base.leave();
    const again = await models.open(QWEN3);
    expect(again.base).toBe(snapshot.base);
    snapshot.base.release();
    await again.base.leave();
    expect((await models.open(QWEN3)).base).not.toBe(snapshot.base);
  });

  it('keeps fully trained weights separate from all others', async () => {
    const models = new ModelsInMemory();
    const reference = await models.open(QWEN3);
    const policy = await models.openToTrain(QWEN3, { kind: 'full' });
    const snapshot = await models.copy(policy, 1);
    for (const [at, data] of arrays(reference).entries()) {
      expect(arrays(policy)[at]).not.toBe(data);
      expect(arrays(policy)[at]).toEqual(data);
      expect(arrays(snapshot)[at]).not.toBe(arrays(policy)[at]);
    }
  });

  it('detects a checkpoint that was rewritten in the same folder', async () => {
    const folder = join(root, 'moving');
    await cp(fixture('decoders/smollm2'), folder, { recursive: true });
    const models = new ModelsInMemory();
    const before = await models.open(folder);
    await rm(folder, { recursive: true });
    await cp(fixture('decoders/llama3'), folder, { recursive: true });
    expect(before.config.architecture).toBe('llama');
    expect((await models.open(folder)).config).toEqual((await loadCheckpoint(fixture('decoders/llama3'))).config);
  });

  it('decodes every adapter of one shape and the bare base in one session, with the same bits as separately', async () => {
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
      // A new adapter does not change the model yet.
      expect(await sampled(core, snapshot, prompts)).toEqual(alone);
      await core.handlers.removeSnapshot(snapshot, CONTROL);
    }
    expect(await sampled(core, bare, prompts)).toEqual(alone);
    expect(decodings()).toBe(1);
    create.mockRestore();
    await core.handlers.shutdown(null, CONTROL);
  });

  it('computes no gradients of the base while an adapter is trained', async () => {
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
    // A matrix forward: W, A, B. Backward: its input's gradient through W and through A, the gradient of the
    // inner product, and those of A and B. There are none for the base, and none below the first queries,
    // keys and values.
    const forward = layers * (7 * 3 + 2) + 1;
    const backward = layers * (7 * 5 + 2 * 2) + 1 - 3 * 2;
    expect(products(true)).toEqual({ made: forward + backward, unread: [] });
  });

  it('initialises as PEFT does: B zero, A uniform within 1/√in, by seed and name', async () => {
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
    for (const seed of [5, 6]) {
      for (const [name, { shape, data }] of newAdapter(config, SHAPE, seed).weights) {
        if (name.includes('lora_B')) continue;
        const first = (2 * new Random(deriveSeed(seed, name)).next() - 1) / Math.sqrt(shape[1]);
        expect(data[0], name).toBe(Math.fround(first));
      }
    }
  });
});

function hasExternal(options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'externalData' in options;
}
