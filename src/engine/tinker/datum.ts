/** Training sequences as the wire sends them. */

import { EngineError } from '../../errors.ts';
import type { ForwardBackwardOutput, WireDatum, WireTensor } from '../../wire/messages.ts';
import type { Example } from '../engine.ts';

/** Limits of a model. */
export interface Limits {
  vocabulary: number;
  maxContext: number;
}

/** Throws EngineError `user` for a sequence that is empty, too long, or has a token outside the vocabulary. */
export function checkExamples(examples: readonly Example[], { vocabulary, maxContext }: Limits): void {
  for (const [index, { input, target, mask }] of examples.entries()) {
    const stray = [input, target].map((tokens) => tokens.find((token) => token < 0 || token >= vocabulary));
    const sizes = input.length > 0 && input.length === target.length && input.length === mask.length;
    if (sizes && input.length <= maxContext && stray.every((token) => token === undefined)) continue;
    throw new EngineError(
      'user',
      `Example ${index} has ${input.length} inputs and ${target.length} targets, or a token outside the vocabulary of ${vocabulary}.`,
      `Give sequences of 1 to ${maxContext} tokens, encoded with the model's own tokenizer.`,
    );
  }
}

export function float32(data: Float32Array): WireTensor {
  return { dtype: 'float32', data, shape: [data.length] };
}

export function int64(data: Int32Array): WireTensor {
  return { dtype: 'int64', data, shape: [data.length] };
}

/**
 * Returns the datum of a weighted cross-entropy: its gradient is that of -sum(weights * logprobs).
 * @param masks whether the service reads `mask`, and computes nothing where it is 0
 */
export function weighted({ input, target, mask }: Example, weights: Float32Array, masks: boolean): WireDatum {
  const inputs = { target_tokens: int64(target), weights: float32(weights) };
  return { tokens: input, inputs: masks ? { ...inputs, mask: float32(new Float32Array(mask)) } : inputs };
}

/** Returns the datum of a forward pass. */
export function unweighted(example: Example, masks: boolean): WireDatum {
  return weighted(example, new Float32Array(example.target.length), masks);
}

/**
 * Returns the log-probabilities of the masked targets, 0 elsewhere. Throws EngineError `numeric` if one is not finite,
 * and if all are exactly 0, which a service sends in place of values that it lost.
 */
export function maskedLogprobs(examples: readonly Example[], output: ForwardBackwardOutput): Float32Array[] {
  return examples.map(({ mask }, index) => {
    const found = output.logprobs.at(index);
    return masked(mask, found ?? new Float32Array(0));
  });
}

/** Same as `maskedLogprobs`, for one example. */
export function masked(mask: Uint8Array, found: Float32Array): Float32Array {
  const logprobs = new Float32Array(mask.length);
  let [count, finite, zero] = [0, true, true];
  // A loop, because millions of tokens pass here in a step.
  for (let at = 0; at < mask.length; at++) {
    if (mask[at] === 0) continue;
    const value = found[at] ?? Number.NaN;
    logprobs[at] = value;
    count++;
    finite &&= Number.isFinite(value);
    zero &&= value === 0;
  }
  const zeros = count > 1 && zero;
  if (!zeros && finite) return logprobs;
  throw new EngineError(
    'numeric',
    zeros
      ? 'The service sent log-probabilities that are all exactly 0.'
      : 'The service sent log-probabilities that are not finite, or too few.',
    'The model on the service may have diverged: use an earlier state, or lower the learning rate.',
  );
}
