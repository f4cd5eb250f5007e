/**
 * Compares half precision with float32 on the same device and weights. GPUs may add the terms of a product in half
 * precision, and activations of some models exceed its range.
 */

import { EngineError } from '../../../../errors.ts';
import type { Feed } from '../../memory/tensors.ts';
import { SINGLE } from '../errors.ts';
import { runPrompts } from './prompt-batch.ts';
import type { SamplingSessions } from './sampling-sessions.ts';
import { SLOT_TENSORS } from './step-graph.ts';

/** Largest accepted difference, in nats. */
export const MOST_DIFFERENT = 2e-2;

const LENGTHS = [2, 7, 12, 16];

/** A model in one precision. */
export interface Sampled {
  sessions: SamplingSessions;
  weights: Feed;
}

/**
 * Compares the distributions after four prompts.
 * @throws EngineError `numeric` if they differ by more than `MOST_DIFFERENT`
 */
export async function checkHalf(full: Sampled, half: Sampled): Promise<void> {
  const [expected, found] = [await distributions(full), await distributions(half)];
  refuseDifferent(halfDifference(expected, found, full.sessions.config.vocabulary));
}

/**
 * Returns the mean |difference| of a drawn token's log-probability, in nats, for the row where it is largest. NaN if a
 * value is not a number.
 * @param expected log-probabilities [rows, vocabulary]
 */
export function halfDifference(expected: Float32Array, found: Float32Array, vocabulary: number): number {
  const rows = Math.floor(expected.length / vocabulary);
  const means = Array.from({ length: rows }, (_, row) => {
    const at = row * vocabulary;
    return expected
      .subarray(at, at + vocabulary)
      .reduce((sum, value, token) => sum + Math.exp(value) * Math.abs(value - found[at + token]), 0);
  });
  return Math.max(...means);
}

/** Throws unless the difference, in nats, is accepted. */
export function refuseDifferent(difference: number): void {
  if (difference <= MOST_DIFFERENT) return;
  throw new EngineError(
    'numeric',
    `In half precision, log-probabilities on the GPU differ by ${difference.toFixed(3)} nats (limit ${MOST_DIFFERENT}).`,
    SINGLE,
  );
}

async function distributions({ sessions, weights }: Sampled): Promise<Float32Array> {
  const { vocabulary } = sessions.config;
  const prompts = LENGTHS.map((length, row) =>
    Int32Array.from({ length }, (_, at) => (at * at * 31 + at * 7 + row * 17) % vocabulary),
  );
  const [{ batch }] = await runPrompts(sessions, weights, prompts, prompts.length);
  try {
    const logs = batch.tensors.get(SLOT_TENSORS.logs);
    if (logs === undefined) throw new Error('the prompts have no distributions');
    return (await sessions.memory.download(logs)).data;
  } finally {
    batch.free();
  }
}
