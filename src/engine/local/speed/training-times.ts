/** Times forward and backward passes and the optimizer of one model. */

import type { AdamOptions, Example } from '../../engine.ts';
import type { TrainedSequence } from '../../kind.ts';
import type { Training } from '../backend.ts';
import { meanSeconds, trialTokens } from './timing.ts';

export interface TrainingTimes {
  /** Seconds per token of a forward pass. */
  scoring: number;
  /** Seconds per token of a forward and a backward pass. */
  training: number;
  /** Seconds of an optimizer step. */
  updating: number;
}

const ADAM: AdamOptions = { learningRate: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clip: 1 };
/** Most tokens of the timed micro-batch: a larger one takes as long per token. */
const MOST_TOKENS = 1024;

export async function trainingTimes(
  policy: Training,
  {
    vocabulary,
    microBatchTokens,
    sequence,
  }: { vocabulary: number; microBatchTokens: number; sequence: TrainedSequence },
): Promise<TrainingTimes> {
  const most = Math.min(microBatchTokens, MOST_TOKENS);
  const length = Math.max(2, Math.min(most, Math.round(sequence.tokens)));
  const targets = Math.min(length, Math.max(1, Math.round((length * sequence.targets) / sequence.tokens)));
  const examples = Array.from({ length: Math.max(1, Math.floor(most / length)) }, (_, row) =>
    exampleOf(trialTokens(vocabulary, length + 1, row), targets),
  );
  const coefficients = examples.map(() => new Float32Array(length).fill(-1e-3));
  const tokens = examples.length * length;
  const idle = (): void => {};
  const training = (await meanSeconds(() => policy.backward(examples, coefficients, idle))) / tokens;
  const updating = await meanSeconds(() => policy.step(ADAM));
  const scoring = (await meanSeconds(() => policy.score(examples, idle))) / tokens;
  await policy.close();
  return { training, scoring, updating };
}

/** The last `targets` positions are trained. */
function exampleOf(tokens: Int32Array, targets: number): Example {
  const length = tokens.length - 1;
  return {
    input: tokens.slice(0, -1),
    target: tokens.slice(1),
    mask: new Uint8Array(length).fill(1, length - targets),
  };
}
