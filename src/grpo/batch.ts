/**
 * Converts rollouts to the engine's input: shifted examples, per-token values aligned to them, and
 * mini-batches. The losses are in `coefficients.ts`.
 */

import type { Example, Tokens } from '../engine/engine.ts';
import { EngineError } from '../errors.ts';

/**
 * Builds one training sequence of N = prompt + completion - 1 positions; position t predicts token t + 1. The
 * mask is 1 where the target is a completion token. An empty prompt throws an EngineError `user`.
 */
export function toExample(prompt: Tokens, completion: Tokens): Example {
  if (prompt.length === 0) {
    throw new EngineError(
      'user',
      'A training example needs at least one prompt token.',
      'Add a beginning-of-sequence token to the prompt, or use a chat template that writes one.',
    );
  }
  const tokens = new Int32Array(prompt.length + completion.length);
  tokens.set(prompt);
  tokens.set(completion, prompt.length);
  const positions = tokens.length - 1;
  return {
    input: tokens.slice(0, positions),
    target: tokens.slice(1),
    mask: new Uint8Array(positions).fill(1, prompt.length - 1),
  };
}

/**
 * Moves the per-token values of a completion (such as its sampled log-probabilities) to the N positions of
 * its example; 0 elsewhere.
 */
export function alignToExample(promptLength: number, values: ArrayLike<number>): Float32Array {
  const aligned = new Float32Array(promptLength + values.length - 1);
  aligned.set(values, promptLength - 1);
  return aligned;
}

/**
 * Splits a step's groups, in order, into `updates` mini-batches whose sizes differ by at most one. None is
 * empty: with fewer groups than updates, there are fewer mini-batches.
 */
export function splitUpdates<Group>(groups: readonly Group[], updates: number): Group[][] {
  const parts = Math.min(updates, groups.length);
  return Array.from({ length: parts }, (_, part) =>
    groups.slice(Math.floor((part * groups.length) / parts), Math.floor(((part + 1) * groups.length) / parts)),
  );
}
