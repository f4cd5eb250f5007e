/** Rollouts laid out for the engine: shifted examples, values aligned to them, and mini-batches. */

import type { Example, Tokens } from '../engine/engine.ts';
import { EngineError } from '../errors.ts';

/**
 * One training sequence: N = prompt + completion - 1 positions, where position t predicts token t + 1.
 * The mask is 1 where the target is a completion token. An empty prompt is an EngineError `user`.
 */
export function toExample(prompt: Tokens, completion: Tokens): Example {
  if (prompt.length === 0) {
    throw new EngineError(
      'user',
      'A training example needs at least one prompt token.',
      'Give the prompt a beginning-of-sequence token, or use a chat template that writes one.',
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

/** Per-token values of a completion (e.g. its sampling log-probabilities) moved to its example's N positions, 0 elsewhere. */
export function alignToExample(promptLength: number, values: ArrayLike<number>): Float32Array {
  const aligned = new Float32Array(promptLength + values.length - 1);
  aligned.set(values, promptLength - 1);
  return aligned;
}

/**
 * A step's groups in order, cut into `updates` mini-batches whose sizes differ by one at most.
 * Never an empty one: with fewer groups than updates there are fewer mini-batches.
 */
export function splitUpdates<Group>(groups: readonly Group[], updates: number): Group[][] {
  const parts = Math.min(updates, groups.length);
  return Array.from({ length: parts }, (_, part) =>
    groups.slice(Math.floor((part * groups.length) / parts), Math.floor(((part + 1) * groups.length) / parts)),
  );
}
