/** A trainable table model: gradients accumulate until `step`, which applies AdamW. */

import { EngineError } from '../../../src/errors.ts';
import type {
  Coefficients,
  Ctl,
  Example,
  OptimizerOptions,
  Policy,
  SnapshotRef,
  Tokens,
} from '../../../src/engine/engine.ts';
import { folderOf, stateOf } from '../../../src/engine/local/states.ts';
import type { Weights } from '../../../src/models/decoder-config.ts';
import { type LoadedFolder, type Moments, saveFolder } from './files.ts';
import { backward, copyModel, forward, type TableGradient, type TableModel, zeroGradient } from './model.ts';
import type { Trainable } from './trainable.ts';

/** Functions of the engine that opened the policy. */
export interface PolicyHost {
  timed<T>(work: () => Promise<T>): Promise<T>;
  publish(model: TableModel, version: number): SnapshotRef;
}

/** Calls `each` for all indices, reports progress, checks for aborts, and yields to the event loop. */
export async function overExamples(count: number, ctl: Ctl | undefined, each: (index: number) => void): Promise<void> {
  for (let index = 0; index < count; index++) {
    if (index % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (ctl?.signal?.aborted)
      throw new EngineError('aborted', 'The call was aborted.', 'Resume the run to continue from its last step.');
    each(index);
    ctl?.onProgress?.({ done: index + 1, total: count, tokensPerSecond: null });
  }
}

/** @param trained tensors that are changed in place; other code must not use them */
export function createPolicy(
  host: PolicyHost,
  trained: Trainable,
  loaded: Pick<LoadedFolder, 'version' | 'base'> & { moments: Moments | null; folder: string },
): Policy {
  const { model, tensors } = trained;
  const moments: Moments = loaded.moments ?? freshMoments(tensors);
  let version = loaded.version;
  let gradient = zeroGradient(model);

  return {
    get version() {
      return version;
    },
    logprobs: (examples, ctl) => host.timed(() => scoreAll(model, examples, ctl)),
    accumulate: (examples, coefficients, ctl) =>
      host.timed(async () => {
        const added = zeroGradient(model);
        const logprobs: Float32Array[] = [];
        let entropySum = 0;
        let positions = 0;
        try {
          await overExamples(examples.length, ctl, (index) => {
            const pass = forward(model, examples[index]);
            const given = coefficientsOf(coefficients, index, pass.logprobs);
            backward(model, examples[index], given, added);
            logprobs.push(pass.logprobs);
            entropySum += pass.entropySum;
            positions += pass.positions;
          });
        } catch (error) {
          gradient = zeroGradient(model);
          throw error;
        }
        addGradient(gradient, added);
        return { logprobs, entropySum, positions };
      }),
    step: (options) =>
      host.timed(async () => {
        const gradients = trained.gradients(gradient);
        const gradNorm = Math.sqrt([...gradients.values()].reduce((sum, one) => sum + squares(one), 0));
        if (!Number.isFinite(gradNorm)) {
          gradient = zeroGradient(model);
          throw new EngineError(
            'numeric',
            'The gradient is not finite.',
            'Lower the learning rate, or resume from the last step.',
          );
        }
        const scale = options.clip > 0 && gradNorm > options.clip ? options.clip / gradNorm : 1;
        moments.updates++;
        for (const [name, slopes] of gradients) {
          const [weights, first, second] = [tensors, moments.first, moments.second].map(
            (of) => of.get(name)?.data ?? new Float32Array(0),
          );
          adam(weights, first, second, slopes, scale, moments.updates, options);
        }
        trained.refresh();
        gradient = zeroGradient(model);
        version++;
        return { gradNorm };
      }),
    publish: async () => host.publish(copyModel(model), version),
    save: async (place) => {
      const state = stateOf(place);
      await saveFolder(folderOf(state), { from: loaded.folder, base: loaded.base }, trained, version, moments);
      return state;
    },
    close: async () => {},
  };
}

export async function scoreAll(model: TableModel, examples: readonly Example[], ctl?: Ctl): Promise<Float32Array[]> {
  const out: Float32Array[] = [];
  await overExamples(examples.length, ctl, (index) => out.push(forward(model, examples[index]).logprobs));
  return out;
}

/** Rejects empty prompts and examples, and tokens outside the vocabulary. */
export function checkTokens(tokens: Tokens, vocabulary: number): void {
  if (tokens.length === 0 || tokens.some((token) => token < 0 || token >= vocabulary)) {
    throw new EngineError(
      'user',
      `A sequence is empty or holds a token outside 0..${vocabulary - 1}.`,
      'Encode it with the model’s tokenizer.',
    );
  }
}

function coefficientsOf(
  coefficients: Coefficients | readonly Float32Array[],
  index: number,
  logprobs: Float32Array,
): Float32Array {
  const given = typeof coefficients === 'function' ? coefficients(index, logprobs) : coefficients[index];
  if (given.length !== logprobs.length) {
    throw new EngineError(
      'user',
      `Example ${index} has ${logprobs.length} positions and ${given.length} coefficients.`,
      'Give one coefficient per position.',
    );
  }
  if (!given.every(Number.isFinite)) {
    throw new EngineError(
      'numeric',
      `The coefficients of example ${index} are not finite.`,
      'Check the rewards and log-probabilities they come from.',
    );
  }
  return given;
}

function addGradient(sum: TableGradient, added: TableGradient): void {
  for (const table of ['bigram', 'skip'] as const) {
    for (let i = 0; i < added[table].length; i++) sum[table][i] += added[table][i];
  }
}

function squares(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}

export function freshMoments(tensors: Weights): Moments {
  const zero = (): Weights =>
    new Map(Array.from(tensors, ([name, { shape, data }]) => [name, { shape, data: new Float32Array(data.length) }]));
  return { updates: 0, first: zero(), second: zero() };
}

/** Applies AdamW (Loshchilov & Hutter) in place. Moments are float32, so that saving them is lossless. */
export function adam(
  weights: Float32Array,
  first: Float32Array,
  second: Float32Array,
  gradient: Float64Array,
  scale: number,
  updates: number,
  options: OptimizerOptions,
): void {
  const firstCorrection = 1 - options.beta1 ** updates;
  const secondCorrection = 1 - options.beta2 ** updates;
  for (let i = 0; i < weights.length; i++) {
    const slope = gradient[i] * scale;
    first[i] = options.beta1 * first[i] + (1 - options.beta1) * slope;
    second[i] = options.beta2 * second[i] + (1 - options.beta2) * slope * slope;
    const direction = first[i] / firstCorrection / (Math.sqrt(second[i] / secondCorrection) + options.epsilon);
    weights[i] -= options.learningRate * (direction + options.weightDecay * weights[i]);
  }
}
