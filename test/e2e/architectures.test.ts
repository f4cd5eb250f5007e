/** Qwen3 and Llama folders evolve: tiny random checkpoints of both, on the local engine. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine, type WeightsRef } from '../../src/engine/index.ts';
import { evolve, resolveConfig } from '../../src/index.ts';
import { loadCheckpoint } from '../../src/models/checkpoint.ts';
import { loadTokenizer } from '../../src/models/tokenizer/tokenizer.ts';
import { ROLES } from '../../src/roles.ts';
import { openRun } from '../../src/store/sqlite.ts';
import { type RandomCheckpointOptions, writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';
import { taught, teach } from '../fixtures/taught-checkpoint.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-architectures-'));
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine(resolveConfig({}).engine);
});
afterAll(async () => {
  await engine.close();
  rmSync(root, { recursive: true, force: true });
});

const SHAPE = { hidden: 64, layers: 2, heads: 4, kvHeads: 2, headDim: 16, intermediate: 128, scale: 0.08 };
const KINDS: { name: string; options: RandomCheckpointOptions }[] = [
  { name: 'Qwen3, float32, tied', options: { ...SHAPE, architecture: 'qwen3', tied: true, dtype: 'float32' } },
  { name: 'Llama, bfloat16, untied', options: { ...SHAPE, architecture: 'llama', tied: false, dtype: 'bfloat16' } },
];

const SETTINGS = {
  iterations: 1,
  challenger: { steps: 2, groups: 4, groupSize: 4, votes: 4, maxTokens: 56, learningRate: 1e-3 },
  pool: { questions: 24, maxTokens: 56 },
  votes: { count: 8, maxTokens: 16 },
  filter: { minQuestions: 4, minAgreement: 0.2, maxAgreement: 0.9 },
  solver: { steps: 3, prompts: 6, groupSize: 6, maxTokens: 16, learningRate: 1e-3 },
  evaluation: { questions: 6, samples: 2, maxTokens: 16, forced: false },
};

/** Samples completions of a prompt with the given weights, for comparison. */
async function sampleOf(ref: WeightsRef, folder: string): Promise<{ tokens: number[]; logprobs: number[] }[]> {
  const tokenizer = await loadTokenizer(folder);
  const prompt = tokenizer.encode(tokenizer.renderChat([{ role: 'user', content: 'Compute 2 + 3.' }]));
  const sampler = await engine.openSampler(ref);
  try {
    const request = { prompt, n: 3, seed: 5, maxTokens: 12, temperature: 1, topP: 1, topK: 0 };
    const [completions] = await sampler.sample([request]);
    return completions.map(({ tokens, logprobs }) => ({ tokens: [...tokens], logprobs: [...logprobs] }));
  } finally {
    await sampler.close();
  }
}

describe.each(KINDS)('$name', ({ name, options }) => {
  const base = join(root, name.replaceAll(/\W+/g, '-'));
  const able = `${base}-taught`;

  it('ends cleanly with random weights and explains why', { timeout: 120_000 }, async () => {
    await writeRandomCheckpoint(base, options);
    const summary = await evolve({ engine, runDir: `${base}-garbage`, config: { ...SETTINGS, model: base } }).result;
    expect(summary.outcome).toBe('too-few-questions');
    expect(summary.explanation).toMatch(/0 of 24 questions passed the filter; at least 4 are needed/);
    expect(summary.explanation).toContain('24 not in the required format');
    const store = openRun(summary.runDir, { readOnly: true });
    expect(store.cursor().stage).toBe('done');
    expect(store.questions({ iteration: 1, origin: 'pool' }).map((question) => question.invalid)).not.toContain(null);
    store.close();
  });

  it('learns from gradients, and samples the same after saving', { timeout: 120_000 }, async () => {
    const losses = await teach(engine, base, able, { steps: 60, documents: 12 });
    expect(losses[losses.length - 1]).toBeLessThan(losses[0] / 3);
    const [before, after] = [await loadCheckpoint(base), await loadCheckpoint(able)];
    expect(after.config).toEqual(before.config);
    for (const [tensor, { data }] of after.weights) {
      expect(Buffer.compare(bytesOf(data), bytesOf(before.weights.get(tensor)?.data)), tensor).not.toBe(0);
    }

    const policy = await engine.openPolicy({ from: taught(able), optimizer: 'fresh' });
    const snapshot = await policy.publish();
    const live = await sampleOf(snapshot, able);
    const state = await policy.save({ home: dirname(able), name: 'again' });
    await policy.close();
    await engine.remove(snapshot);
    expect(await sampleOf(state, able)).toEqual(live);
    await engine.exportTo(state, `${able}-again`);
    expect(await sampleOf(taught(`${able}-again`), able)).toEqual(live);
  });

  it('trains both roles once it can pose questions', { timeout: 180_000 }, async () => {
    const summary = await evolve({ engine, runDir: `${base}-run`, config: { ...SETTINGS, model: able } }).result;
    expect(summary).toMatchObject({ outcome: 'finished', explanation: '' });
    expect(summary.iterations.map((row) => row.iteration)).toEqual([0, 1]);
    expect(summary.iterations[1].kept).toBeGreaterThanOrEqual(SETTINGS.filter.minQuestions);
    const store = openRun(summary.runDir, { readOnly: true });
    const paths = ROLES.map(({ name }) => store.weights(name, 1)?.state ?? '');
    const gradients = store.metrics({ name: 'solver/grad_norm' }).map((metric) => metric.value);
    store.close();
    expect(gradients).toHaveLength(3);
    expect(Math.max(...gradients)).toBeGreaterThan(0);
    const from = await loadCheckpoint(able);
    for (const path of paths) {
      const to = await loadCheckpoint(join(summary.runDir, path));
      expect(to.config).toEqual(from.config);
      const moved = [...to.weights].filter(
        ([tensor, { data }]) => !bytesOf(data).equals(bytesOf(from.weights.get(tensor)?.data)),
      );
      expect(moved.length, path).toBe(from.weights.size);
    }
    const best = await loadCheckpoint(join(summary.runDir, 'best'));
    expect(best.config).toEqual(from.config);
  });
});

function bytesOf(data: Float32Array | undefined): Buffer {
  return data === undefined ? Buffer.alloc(0) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
