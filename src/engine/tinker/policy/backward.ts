/**
 * The linear backward on a service: adds the gradient of sum(coefficients * logprobs) in the form that the service
 * computes right.
 *
 * - `weights`: weighted cross-entropy with weights = -coefficients.
 * - `ratio`: `importance_sampling` with the trainer's own log-probabilities, so that every ratio is 1, and advantages =
 *   -coefficients.
 * - `scaled-ratio`: the same on a service that takes means: each sequence's advantages are multiplied by the number of
 *   its tokens and by the number of sequences of the step. They are sent when the step is complete, because only then
 *   is that number known.
 */

import { EngineError } from '../../../errors.ts';
import type { WireDatum } from '../../../wire/messages.ts';
import type { Example } from '../../engine.ts';
import { float32, int64, weighted } from '../datum.ts';
import type { TrainingFindings } from '../probe/findings.ts';

export type BackwardForm = 'weights' | 'ratio' | 'scaled-ratio';

/** One accumulated batch: everything that its backward pass needs. */
export interface Batch {
  examples: readonly Example[];
  /** dL/dlogprob by example. */
  coefficients: readonly Float32Array[];
  /** The trainer's log-probabilities; empty in the form `weights`. */
  logprobs: readonly Float32Array[];
}

/** A backward pass to send. */
export interface BackwardCall {
  loss: string;
  data: WireDatum[];
}

/** Returns the form for a service. Throws EngineError `user` if it computes none of them right. */
export function backwardForm(found: TrainingFindings): BackwardForm {
  const { perToken, perSequence, signedWeights, importanceSampling } = found;
  const sums = perToken !== 'mean' && perSequence !== 'mean';
  const known = perToken !== 'other' && perSequence !== 'other';
  if (known && sums && signedWeights !== false) return 'weights';
  if (known && sums && importanceSampling === true) return 'ratio';
  if (perToken === 'mean' && perSequence === 'mean' && importanceSampling === true) return 'scaled-ratio';
  throw new EngineError(
    'user',
    `The service computes no gradient that a policy can be trained with (tokens: ${perToken ?? 'unknown'}, sequences: ${perSequence ?? 'unknown'}, signed weights: ${signedWeights ?? 'unknown'}, importance sampling: ${importanceSampling ?? 'unknown'}).`,
    'Use another service: `--set engine.url=ADDRESS`. docs/guide/remote.md lists those that were tried.',
  );
}

/**
 * Returns the request of a batch.
 * @param sequences number of sequences in the whole step
 */
export function backwardCall(
  { form, masks }: { form: BackwardForm; masks: boolean },
  batch: Batch,
  sequences: number,
): BackwardCall {
  if (form === 'weights') {
    const data = batch.examples.map((example, at) => weighted(example, negative(batch.coefficients[at], 1), masks));
    return { loss: 'cross_entropy', data };
  }
  const chosen = batch.examples.flatMap((example, at) => (tokensOf(example) === 0 ? [] : [{ example, at }]));
  const data = chosen.map(({ example, at }): WireDatum => {
    const scale = form === 'scaled-ratio' ? tokensOf(example) * sequences : 1;
    const inputs = {
      target_tokens: int64(example.target),
      logprobs: float32(batch.logprobs[at]),
      advantages: float32(negative(batch.coefficients[at], scale)),
      // Only services that divide by them read the weights.
      ...(form === 'scaled-ratio' ? { weights: float32(Float32Array.from(example.mask)) } : {}),
    };
    return { tokens: example.input, inputs };
  });
  return { loss: 'importance_sampling', data };
}

/** Number of sequences that a batch adds to a step. */
export function sequencesOf({ examples }: Batch): number {
  return examples.filter((example) => tokensOf(example) > 0).length;
}

function tokensOf({ mask }: Example): number {
  return mask.reduce((sum, kept) => sum + (kept === 0 ? 0 : 1), 0);
}

/** Without negative zeros. */
function negative(values: Float32Array, scale: number): Float32Array {
  return values.map((value) => (value === 0 ? 0 : -value * scale));
}
