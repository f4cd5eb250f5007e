/**
 * Measures how fast the engine samples and trains a model of the asked size on both devices. Runs in the child process
 * of a measurement.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

import { type DecoderConfig, parameterCount } from '../../../models/decoder-config.ts';
import type { AdamOptions, Engine } from '../../engine.ts';
import { createLocalEngine } from '../index.ts';
import type { DeviceName } from '../../../types.ts';
import type { MeasuredSpeed, Rates } from './report.ts';
import { extrapolate, timedDecoders, timingWeights } from './shapes.ts';
import { writeTrialModel } from './trial-model.ts';

/** The sizes of the engine that will be used. */
export interface EngineSizes {
  threads: number;
  slots: number;
  microBatchTokens: number;
}

const ADAM: AdamOptions = { learningRate: 1e-6, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clip: 1 };
/** Most sequences at once, tokens of a micro-batch, and new tokens: less of each where a processor needs seconds. */
const SMALL = { sequences: 64, tokens: 512, newTokens: 24 };
const LARGE = { sequences: 32, tokens: 256, newTokens: 12 };
const SEQUENCE = 128;
const PROMPT = 16;
const FIRST_TOKENS = 4;
/** Rounds of one kind end after this many seconds, or after `MOST_ROUNDS`. */
const ENOUGH_SECONDS = 1;
const MOST_ROUNDS = 4;
/** Bytes per parameter: weights, gradient and two moments, of which an engine may hold two while it loads. */
const BYTES_PER_PARAMETER = 24;

/** Why the measurement would need too much memory; null if it does not. */
export function tooLarge(asked: DecoderConfig, free = freemem()): string | null {
  const bytes = Math.max(...timedDecoders(asked).map(parameterCount)) * BYTES_PER_PARAMETER;
  const gigabytes = (value: number): string => `${(value / 1e9).toFixed(1)} GB`;
  return bytes <= free ? null : `it needs ${gigabytes(bytes)} of memory, and ${gigabytes(free)} are free`;
}

/** Measures both devices. Throws what the engine throws. */
export async function measureSpeed(asked: DecoderConfig, sizes: EngineSizes): Promise<MeasuredSpeed> {
  const decoders = timedDecoders(asked);
  const most = decoders.length === 1 ? SMALL : LARGE;
  const { newTokens } = most;
  const sequences = Math.min(sizes.slots, most.sequences);
  const tokens = Math.max(SEQUENCE, Math.min(sizes.microBatchTokens, most.tokens));
  const times: Record<DeviceName, Times[]> = { cpu: [], webgpu: [] };
  for (const decoder of decoders) {
    const root = await mkdtemp(join(tmpdir(), 'rzero-speed-'));
    try {
      await writeTrialModel(root, decoder, timingWeights(decoder));
      for (const device of ['webgpu', 'cpu'] as const)
        times[device].push(await timesOn(device, { path: root, decoder, sequences, tokens, newTokens }, sizes));
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }
  const rates = (device: DeviceName): Rates => {
    const seconds = (kind: keyof Times): number =>
      extrapolate(
        times[device].map((one, at) => ({ layers: decoders[at].layers, seconds: one[kind] })),
        asked.layers,
      );
    return { sampling: sequences / seconds('step'), training: tokens / seconds('update') };
  };
  const layers = decoders.map((decoder) => decoder.layers);
  return { part: 'speed', cpu: rates('cpu'), webgpu: rates('webgpu'), layers, sequences, tokens };
}

/** Seconds of a decoding step of all sequences, and of a training micro-batch with its optimizer step. */
interface Times {
  step: number;
  update: number;
}

interface Work {
  path: string;
  decoder: DecoderConfig;
  sequences: number;
  tokens: number;
  newTokens: number;
}

async function timesOn(device: DeviceName, work: Work, sizes: EngineSizes): Promise<Times> {
  const engine = await createLocalEngine({ device, ...sizes, activationBytes: Infinity });
  try {
    return { step: await stepSeconds(engine, work), update: await updateSeconds(engine, work) };
  } finally {
    await engine.close();
  }
}

/** The prefill and the first call of each graph cancel out: only the steps between two lengths count. */
async function stepSeconds(engine: Engine, { path, decoder, sequences, newTokens: most }: Work): Promise<number> {
  const sampler = await engine.openSampler({ kind: 'base', path });
  const newTokens = Math.min(most, decoder.maxPositions - PROMPT);
  const seconds = async (maxTokens: number): Promise<number> => {
    const prompts = Array.from({ length: sequences }, (_, row) => prompt(decoder, PROMPT, row));
    const options = { temperature: 1, topP: 1, topK: 0, ignoreEnd: true, maxTokens };
    return secondsOf(() => sampler.sample(prompts.map((one, seed) => ({ prompt: one, n: 1, seed, ...options }))));
  };
  await seconds(FIRST_TOKENS);
  const short = await best(() => seconds(FIRST_TOKENS));
  const long = await best(() => seconds(newTokens));
  await sampler.close();
  // A clock that is too coarse for a tiny model must not make it infinitely fast.
  return Math.max(long - short, 0.05 * long) / (newTokens - FIRST_TOKENS);
}

async function updateSeconds(engine: Engine, { path, decoder, tokens }: Work): Promise<number> {
  const policy = await engine.openPolicy({ from: { kind: 'base', path }, optimizer: 'fresh' });
  const length = Math.min(SEQUENCE, decoder.maxPositions);
  const update = async (): Promise<number> => {
    const rows = Array.from({ length: Math.ceil(tokens / length) }, (_, row) => prompt(decoder, length + 1, row));
    const examples = rows.map((row) => ({
      input: row.slice(0, -1),
      target: row.slice(1),
      mask: new Uint8Array(length).fill(1),
    }));
    const coefficients = rows.map(() => new Float32Array(length).fill(-1 / tokens));
    return secondsOf(async () => {
      await policy.accumulate(examples, coefficients);
      await policy.step(ADAM);
    });
  };
  await update();
  const seconds = await best(update);
  await policy.close();
  return seconds;
}

function prompt({ vocabulary }: DecoderConfig, length: number, row: number): Int32Array {
  return Int32Array.from({ length }, (_, at) => (at * 7 + row * 13) % vocabulary);
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function best(measure: () => Promise<number>): Promise<number> {
  let [least, spent] = [Infinity, 0];
  for (let round = 0; round < MOST_ROUNDS && spent < ENOUGH_SECONDS; round++) {
    const seconds = await measure();
    least = Math.min(least, seconds);
    spent += seconds;
  }
  return least;
}
