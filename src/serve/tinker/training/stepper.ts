/**
 * One policy of the engine, driven by the wire's requests. A step is whole or refused: if a forward_backward fails after
 * it was accepted, the gradient is dropped, and everything up to the next optim_step fails too. Otherwise a step could
 * be applied with a part of its batch, without a sign.
 */

import type { Example, Policy } from '../../../engine/engine.ts';
import { EngineError } from '../../../errors.ts';
import type { AdamParams, ForwardBackwardOutput } from '../../../wire/messages.ts';
import { RequestFailure } from '../failure.ts';
import type { Batch } from './batch.ts';
import { lossSlope, lossValue } from './losses.ts';

export class Stepper {
  policy: Policy;
  /** Why the current step cannot be applied; null if it can. */
  #broken: string | null = null;

  #stopped: AbortSignal;

  /** @param stopped aborts a running pass */
  constructor(policy: Policy, stopped: AbortSignal) {
    this.policy = policy;
    this.#stopped = stopped;
  }

  /** Gives up the current step: the next optim_step fails with this reason. */
  giveUpStep(reason: string): void {
    this.#broken ??= reason;
  }

  /** Runs a forward pass, and a backward pass that adds to the gradient. Throws RequestFailure. */
  async run(batch: Batch): Promise<ForwardBackwardOutput> {
    if (batch.forwardOnly) {
      const logprobs = await this.policy.logprobs(batch.examples, { signal: this.#stopped });
      requireFinite(logprobs);
      return outputOf(batch, logprobs, {});
    }
    if (this.#broken !== null) throw new RequestFailure(this.#refusal(this.#broken));
    try {
      return await this.#backward(batch);
    } catch (error) {
      this.giveUpStep('an earlier forward_backward of the step failed');
      await this.#discard();
      throw error;
    }
  }

  /** Applies one update. Throws RequestFailure if the step was given up, and starts a new one. */
  async step(params: AdamParams): Promise<Record<string, number>> {
    const broken = this.#broken;
    if (broken !== null) {
      this.#broken = null;
      await this.#discard();
      throw new RequestFailure(this.#refusal(broken));
    }
    const { learning_rate: learningRate, beta1, beta2, eps: epsilon, weight_decay: weightDecay } = params;
    const clip = params.grad_clip_norm;
    const { gradNorm } = await this.policy.step({ learningRate, beta1, beta2, epsilon, weightDecay, clip });
    return gradNorm === null ? {} : { grad_norm: gradNorm };
  }

  async #backward(batch: Batch): Promise<ForwardBackwardOutput> {
    const { loss, examples, inputs } = batch;
    const slope = (index: number, logprobs: Float32Array): Float32Array => {
      const slopes = lossSlope(loss, logprobs, examples[index].mask, inputs[index]);
      requireFinite([slopes]);
      return slopes;
    };
    const coefficients = loss.constant
      ? examples.map(({ input }, i) => slope(i, new Float32Array(input.length)))
      : slope;
    const { logprobs, entropySum, positions } = await this.policy.accumulate(examples, coefficients, {
      signal: this.#stopped,
    });
    requireFinite(logprobs);
    const entropy: Record<string, number> = entropySum === null ? {} : { 'rzero_entropy:sum': entropySum };
    return outputOf(batch, logprobs, { ...entropy, 'rzero_positions:sum': positions });
  }

  #refusal(reason: string): string {
    return `The step was given up, and nothing of it was applied: ${reason}. Send the step again from its first forward_backward.`;
  }

  /** By the engine's contract, a call that is aborted discards the gradient that was gathered. */
  async #discard(): Promise<void> {
    try {
      await this.policy.accumulate([NOTHING], [new Float32Array(1)], { signal: AbortSignal.abort() });
    } catch (error) {
      if (!(error instanceof EngineError && error.kind === 'aborted')) throw error;
    }
  }
}

const NOTHING: Example = { input: new Int32Array(1), target: new Int32Array(1), mask: new Uint8Array(1) };

function outputOf(batch: Batch, logprobs: Float32Array[], metrics: Record<string, number>): ForwardBackwardOutput {
  const { loss, examples, inputs } = batch;
  const sum = logprobs.reduce((total, values, i) => total + lossValue(loss, values, examples[i].mask, inputs[i]), 0);
  // Every name ends in a reduction; the SDK fails on others.
  return { outputType: 'scalar', logprobs, metrics: { 'loss:sum': sum, ...metrics } };
}

function requireFinite(arrays: readonly Float32Array[]): void {
  if (arrays.every((values) => values.every((value) => Number.isFinite(value)))) return;
  throw new RequestFailure(
    'The log-probabilities or the gradient are not finite: the model has diverged, or the ratio to the given logprobs is out of range.',
  );
}
