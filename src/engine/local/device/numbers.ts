/**
 * Compares what the engine computes on the processor and on the GPU: log-probabilities, gradients, an optimizer step and
 * greedy tokens of a small model. Runs in the child process of a measurement.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { DecoderConfig, Tensor, Weights } from '../../../models/decoder-config.ts';
import { randomWeights } from '../../../models/init.ts';
import { readSafetensors } from '../../../models/weights/safetensors.ts';
import type { AdamOptions, Engine, Example } from '../../engine.ts';
import { createLocalEngine } from '../index.ts';
import type { DeviceName } from '../../../types.ts';
import { folderOf } from '../states.ts';
import type { EngineNumbers } from './report.ts';
import { tinyDecoder } from './shapes.ts';
import { writeTrialModel } from './trial-model.ts';

/** Epsilon is as large as the gradients, so that a change of weights is proportional to its gradient. */
const ADAM: AdamOptions = { learningRate: 0.05, beta1: 0.9, beta2: 0.999, epsilon: 0.01, weightDecay: 0.01, clip: 0 };
const LENGTHS = [5, 12, 17];
const NEW_TOKENS = 12;
/** Large enough that random log-probabilities differ clearly from each other. */
const SCALE = 0.2;

/** What one device computed. */
export interface Computed {
  /** Before and after the step. */
  logprobs: Float32Array[];
  /** First moments, which are the gradients times a constant. */
  gradients: ReadonlyMap<string, Tensor>;
  weights: ReadonlyMap<string, Tensor>;
  tokens: Int32Array[];
}

/** Runs the same work on both devices. Throws what the engine throws. */
export async function compareNumbers(asked: DecoderConfig): Promise<EngineNumbers> {
  const root = await mkdtemp(join(tmpdir(), 'rzero-numbers-'));
  try {
    const config = tinyDecoder(asked);
    const weights = randomWeights(config, 7, SCALE);
    await writeTrialModel(join(root, 'model'), config, weights);
    const right = await compute('cpu', config, root);
    return differences(weights, right, await compute('webgpu', config, root));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function compute(device: DeviceName, config: DecoderConfig, root: string): Promise<Computed> {
  const engine = await createLocalEngine({ device, threads: 1, slots: 4, microBatchTokens: 64 });
  try {
    return await work(engine, config, join(root, 'model'), join(root, device));
  } finally {
    await engine.close();
  }
}

async function work(engine: Engine, config: DecoderConfig, path: string, home: string): Promise<Computed> {
  const from = { kind: 'base', path } as const;
  const policy = await engine.openPolicy({ from, optimizer: 'fresh' });
  const examples = LENGTHS.map((length, at) => example(config, length, at));
  const positions = LENGTHS.reduce((sum, length) => sum + length, 0);
  const coefficients = examples.map(({ mask }) => new Float32Array(mask.length).fill(-1 / positions));
  const { logprobs: before } = await policy.accumulate(examples, coefficients);
  await policy.step(ADAM);
  const after = await policy.logprobs(examples);
  const folder = folderOf(await policy.save({ home, name: 'state' }));
  const { tensors: moments } = await readSafetensors(join(folder, 'optimizer.safetensors'));
  const { tensors: weights } = await readSafetensors(join(folder, 'model.safetensors'));
  const sampler = await engine.openSampler(from);
  const prompts = examples.map(({ input }) => input.slice(0, 5));
  const requests = prompts.map((prompt) => ({ prompt, n: 1, seed: 1, maxTokens: NEW_TOKENS, ...GREEDY }));
  const completions = (await sampler.sample(requests)).flat();
  return {
    logprobs: [...before, ...after],
    gradients: new Map([...moments].filter(([name]) => name.startsWith('first.'))),
    weights,
    tokens: completions.map(({ tokens }) => tokens),
  };
}

const GREEDY = { temperature: 0, topP: 1, topK: 0, ignoreEnd: true } as const;

function example({ vocabulary }: DecoderConfig, length: number, row: number): Example {
  const tokens = Int32Array.from({ length: length + 1 }, (_, at) => (at * 31 + row * 17 + at * at) % vocabulary);
  return { input: tokens.slice(0, -1), target: tokens.slice(1), mask: new Uint8Array(length).fill(1) };
}

/** The largest differences between two devices that started from the same weights. */
export function differences(start: Weights, right: Computed, found: Computed): EngineNumbers {
  const names = [...start.keys()];
  const change = ({ weights }: Computed, name: string): Float32Array => {
    const before = dataOf(start, name);
    return dataOf(weights, name).map((value, at) => value - before[at]);
  };
  const changes = names.map((name) => [change(right, name), change(found, name)] as const);
  const squares = (pick: (a: number, b: number) => number): number =>
    changes.reduce((sum, [a, b]) => sum + a.reduce((inner, value, at) => inner + pick(value, b[at]) ** 2, 0), 0);
  const gradients = [...right.gradients].map(([name, { data }]) => [data, dataOf(found.gradients, name)] as const);
  const largest = worst(gradients.map(([a]) => largestOf(a)));
  return {
    part: 'numbers',
    logprobs: worst(right.logprobs.map((values, at) => distance(values, found.logprobs[at]))),
    // A gradient that is zero but for rounding is compared with the largest one.
    gradients: worst(gradients.map(([a, b]) => distance(a, b) / (largestOf(a) + 1e-3 * largest))),
    updates: Math.sqrt(squares((a, b) => a - b) / squares((a) => a)),
    tokens: {
      equal: right.tokens.reduce((sum, row, at) => sum + equalCount(row, found.tokens[at]), 0),
      of: right.tokens.reduce((sum, row) => sum + row.length, 0),
    },
  };
}

function dataOf(tensors: ReadonlyMap<string, Tensor>, name: string): Float32Array {
  return tensors.get(name)?.data ?? new Float32Array();
}

/** Largest absolute difference; NaN if a value is missing or no number. */
function distance(a: Float32Array, b: Float32Array): number {
  return a.length === b.length ? worst([...a].map((value, at) => Math.abs(value - b[at]))) : Number.NaN;
}

function largestOf(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** The largest value; NaN if one of them is. `Math.max` takes no long lists. */
function worst(values: readonly number[]): number {
  return values.reduce((most, value) => (Number.isNaN(most) || value <= most ? most : value), 0);
}

function equalCount(a: Int32Array, b: Int32Array): number {
  return a.reduce((sum, token, at) => sum + Number(token === b[at]), 0);
}
