/**
 * The measured operations of the engine benchmark, one function per row of its table. No output and no files
 * here; see `engine.ts`.
 */

import { configSchema } from '../../src/config/schema.ts';
import type {
  AdamOptions,
  Completion,
  Engine,
  Example,
  Policy,
  Sampler,
  SampleRequest,
  WeightsRef,
} from '../../src/engine/engine.ts';
import { createLocalEngine } from '../../src/engine/local/index.ts';
import type { DeviceName } from '../../src/types.ts';
import { groupAdvantages } from '../../src/grpo/advantages.ts';
import { exampleScales } from '../../src/grpo/aggregate.ts';
import { alignToExample, toExample } from '../../src/grpo/batch.ts';
import { tokenCoefficients } from '../../src/grpo/coefficients.ts';
import type { DecoderConfig } from '../../src/models/decoder-config.ts';
import { secondsOf } from './alternate.ts';

export interface Sizes {
  /** Default: the processor. */
  device?: DeviceName;
  threads: number;
  slots: number;
  microBatchTokens: number;
  /** Maximum bytes of activations that are kept; default: all. */
  activationBytes?: number;
}

export const ADAM: AdamOptions = {
  learningRate: 1e-6,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clip: 1,
};

/** Generates `count` distinct prompts, the same as the peers. */
export function prompts(count: number, length: number, { vocabulary }: DecoderConfig): Int32Array[] {
  return Array.from({ length: count }, (_, row) =>
    Int32Array.from({ length }, (_unused, at) => (at * 7 + row * 13) % (vocabulary - 1)),
  );
}

export function request(prompt: Int32Array, n: number, seed: number, maxTokens: number): SampleRequest {
  return { prompt, n, seed, maxTokens, temperature: 1, topP: 1, topK: 0 };
}

/** Opens an engine on a folder while `use` runs. */
export async function withEngine<T>(
  sizes: Sizes & { sharePrompts?: boolean; pairSamplers?: boolean },
  folder: string,
  use: (engine: Engine, base: WeightsRef) => Promise<T>,
): Promise<T> {
  const engine = await createLocalEngine(sizes);
  try {
    return await use(engine, { kind: 'base', path: folder });
  } finally {
    await engine.close();
  }
}

/** Measures sampling in seconds. Throws if a completion ended early. */
export async function sampleOnce(sampler: Sampler, requests: readonly SampleRequest[]): Promise<number> {
  let completions: Completion[][] = [];
  const seconds = await secondsOf(async () => {
    completions = await sampler.sample(requests);
  });
  completions.forEach((group, at) =>
    group.forEach(({ tokens }) => {
      if (tokens.length !== requests[at].maxTokens) throw new Error('a completion is shorter than requested');
    }),
  );
  return seconds;
}

/** Generates `count` sequences with a target at every position. */
export function trainingExamples(count: number, length: number, config: DecoderConfig): Example[] {
  return prompts(count, length + 1, config).map((tokens) => ({
    input: tokens.slice(0, -1),
    target: tokens.slice(1),
    mask: new Uint8Array(length).fill(1),
  }));
}

/** Measures forward, backward and AdamW on mean cross-entropy, in seconds. */
export function trainOnce(policy: Policy, examples: readonly Example[]): Promise<number> {
  const positions = examples.reduce((sum, { mask }) => sum + mask.length, 0);
  const coefficients = examples.map(({ mask }) => new Float32Array(mask.length).fill(-1 / positions));
  return secondsOf(async () => {
    await policy.accumulate(examples, coefficients);
    await policy.step(ADAM);
  });
}

export interface GrpoSizes {
  groupSize: number;
  newTokens: number;
}

/**
 * Measures a full GRPO step in seconds: publish, sample, score under the reference, backward, AdamW. The
 * reward is the share of even tokens.
 */
export function grpoOnce(
  engine: Engine,
  policy: Policy,
  reference: Sampler,
  given: readonly Int32Array[],
  { groupSize, newTokens }: GrpoSizes,
): Promise<number> {
  const dials = { ...configSchema.parse({}).solver, maxTokens: newTokens };
  return secondsOf(async () => {
    const snapshot = await policy.publish();
    const sampler = await engine.openSampler(snapshot);
    const groups = await sampler.sample(given.map((prompt, at) => request(prompt, groupSize, at, newTokens)));
    await sampler.close();
    await engine.remove(snapshot);
    const rollouts = groups.flatMap((completions, at) => {
      const advantages = groupAdvantages(completions.map(evenShare), { normalizeStd: true });
      return completions.map(({ tokens, logprobs }, index) => ({
        example: toExample(given[at], tokens),
        behaviour_T: alignToExample(given[at].length, logprobs),
        advantage: advantages[index],
      }));
    });
    const examples = rollouts.map(({ example }) => example);
    const references = await reference.score(examples);
    const scales = exampleScales(
      rollouts.map(() => newTokens),
      dials,
      { tokens: rollouts.length * newTokens, updates: 1 },
    );
    const coefficients = rollouts.map(({ example, behaviour_T, advantage }, at) =>
      tokenCoefficients(
        {
          advantage,
          behaviour_T,
          sampled_T: behaviour_T,
          logprobs_T: behaviour_T,
          reference_T: references[at],
          mask_T: example.mask,
          scale: scales[at],
        },
        dials,
      ),
    );
    await policy.accumulate(examples, coefficients);
    await policy.step(ADAM);
  });
}

function evenShare({ tokens }: Completion): number {
  return tokens.reduce((sum, token) => sum + Number(token % 2 === 0), 0) / tokens.length;
}

/** Measures the seconds from the trainer's weights to a sampler that has decoded one token. */
export async function publishOnce(engine: Engine, policy: Policy, prompt: Int32Array): Promise<number> {
  const opened: { snapshot: WeightsRef; sampler: Sampler }[] = [];
  const seconds = await secondsOf(async () => {
    const snapshot = await policy.publish();
    const sampler = await engine.openSampler(snapshot);
    opened.push({ snapshot, sampler });
    await sampler.sample([request(prompt, 1, 1, 2)]);
  });
  for (const { snapshot, sampler } of opened) {
    await sampler.close();
    await engine.remove(snapshot);
  }
  return seconds;
}
