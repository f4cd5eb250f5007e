/** Times forward and backward passes and the optimizer of one model. */

import type { AdamOptions, Example } from '../../engine.ts';
import type { TrainedStep } from '../../kind.ts';
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
  { vocabulary, microBatchTokens, step }: { vocabulary: number; microBatchTokens: number; step: TrainedStep },
): Promise<TrainingTimes> {
  const examples = examplesOf(step, vocabulary, Math.min(microBatchTokens, MOST_TOKENS));
  const coefficients = examples.map(({ input }) => new Float32Array(input.length).fill(-1e-3));
  const tokens = examples.reduce((sum, { input }) => sum + input.length, 0);
  const idle = (): void => {};
  const training = (await meanSeconds(() => policy.backward(examples, coefficients, idle))) / tokens;
  const updating = await meanSeconds(() => policy.step(ADAM));
  const scoring = (await meanSeconds(() => policy.score(examples, idle))) / tokens;
  await policy.close();
  return { training, scoring, updating };
}

/**
 * Makes the sequences of a step, as many as have at most `most` different tokens, and at least one. Completions of a
 * prompt share it, and prompts share their beginning.
 */
function examplesOf(step: TrainedStep, vocabulary: number, most: number): Example[] {
  const length = Math.max(2, Math.min(most, Math.round(step.prompt + step.targets)));
  const targets = Math.min(length, Math.max(1, Math.round((length * step.targets) / (step.prompt + step.targets))));
  const prompt = length - targets;
  const beginning = Math.min(step.beginning, prompt);
  const examples: Example[] = [];
  let used = beginning;
  for (let row = 0; row < step.prompts * step.completions; row++) {
    const group = Math.floor(row / step.completions);
    used += (row % step.completions === 0 ? prompt - beginning : 0) + targets;
    if (row > 0 && used > most) break;
    const tokens = [
      ...trialTokens(vocabulary, beginning, 0),
      ...trialTokens(vocabulary, prompt - beginning, 1 + group),
      ...trialTokens(vocabulary, targets + 1, 1 + step.prompts + row),
    ];
    examples.push(exampleOf(Int32Array.from(tokens), targets));
  }
  return examples;
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
