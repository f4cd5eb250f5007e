/** A trainable table model: gradients sum until `step`, which is a real AdamW. */

import { EngineError } from '../../errors.ts';
import type { Coefficients, Ctl, Example, OptimizerOptions, Policy, Tokens, WeightsRef } from '../engine.ts';
import { type LoadedFolder, type Moments, saveFolder } from './files.ts';
import { backward, copyModel, forward, type TableGradient, type TableModel, zeroGradient } from './model.ts';

/** What a policy needs from the engine that opened it. */
export interface PolicyHost {
  timed<T>(work: () => Promise<T>): Promise<T>;
  publish(model: TableModel, version: number): WeightsRef;
}

/** Runs `each` over all indices with progress, aborts and turns for other work in between. */
export async function overExamples(count: number, ctl: Ctl | undefined, each: (index: number) => void): Promise<void> {
  for (let index = 0; index < count; index++) {
    if (index % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (ctl?.signal?.aborted)
      throw new EngineError('aborted', 'The call was aborted.', 'Resume the run to go on from its last step.');
    each(index);
    ctl?.onProgress?.({ done: index + 1, total: count, tokensPerSecond: null });
  }
}

export function createPolicy(host: PolicyHost, loaded: LoadedFolder, folder: string, restore: boolean): Policy {
  const model = copyModel(loaded.model);
  const moments: Moments = restore && loaded.moments ? copyMoments(loaded.moments) : freshMoments(model);
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
        await overExamples(examples.length, ctl, (index) => {
          const pass = forward(model, examples[index]);
          const given = coefficientsOf(coefficients, index, pass.logprobs);
          backward(model, examples[index], given, added);
          logprobs.push(pass.logprobs);
          entropySum += pass.entropySum;
          positions += pass.positions;
        });
        addGradient(gradient, added);
        return { logprobs, entropySum, positions };
      }),
    step: (options) =>
      host.timed(async () => {
        const gradNorm = Math.sqrt(squares(gradient.bigram) + squares(gradient.skip));
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
        for (const table of ['bigram', 'skip'] as const) {
          adam(
            model[table],
            moments.first[table],
            moments.second[table],
            gradient[table],
            scale,
            moments.updates,
            options,
          );
        }
        gradient = zeroGradient(model);
        version++;
        return { gradNorm };
      }),
    publish: async () => host.publish(copyModel(model), version),
    save: async (path) => {
      await saveFolder(path, folder, model, version, moments);
      return { kind: 'state', path, version };
    },
    close: async () => {},
  };
}

export async function scoreAll(model: TableModel, examples: readonly Example[], ctl?: Ctl): Promise<Float32Array[]> {
  const out: Float32Array[] = [];
  await overExamples(examples.length, ctl, (index) => out.push(forward(model, examples[index]).logprobs));
  return out;
}

/** Refuses prompts and examples that hold a token outside the vocabulary, or none. */
export function checkTokens(tokens: Tokens, vocabulary: number): void {
  if (tokens.length === 0 || tokens.some((token) => token < 0 || token >= vocabulary)) {
    throw new EngineError(
      'user',
      `A sequence is empty or holds a token outside 0..${vocabulary - 1}.`,
      'Encode it with the model’s own tokenizer.',
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

function freshMoments(model: TableModel): Moments {
  const zero = (): TableModel => ({
    vocabulary: model.vocabulary,
    bigram: new Float32Array(model.bigram.length),
    skip: new Float32Array(model.skip.length),
  });
  return { updates: 0, first: zero(), second: zero() };
}

function copyMoments(moments: Moments): Moments {
  return { updates: moments.updates, first: copyModel(moments.first), second: copyModel(moments.second) };
}

/** Loshchilov & Hutter's AdamW, in place; moments are kept in float32 so that saving loses nothing. */
function adam(
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
