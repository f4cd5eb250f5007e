/** A model to experiment with: short texts, passes over them, and steps that measure gradients. */

import type { AdamParams, WireDatum } from '../../../wire/messages.ts';
import type { BaseFacts } from '../base/base-folder.ts';
import { float32, int64 } from '../datum.ts';
import { metricNamed } from '../policy/chunks.ts';
import type { RemoteModel } from '../service.ts';
import { attempt } from './attempt.ts';
import { probeTokens } from './probe-tokens.ts';

/**
 * A step that leaves the weights unchanged, to read the norm of the gradient. Without decay, so that no moment of a large
 * gradient is left for later steps.
 */
export const STILL: AdamParams = {
  learning_rate: 0,
  beta1: 0,
  beta2: 0,
  eps: 1e-8,
  weight_decay: 0,
  grad_clip_norm: 0,
};

const TOKENS = 10;

/** A loss over the text. */
export interface Pull {
  loss: string;
  inputs: Record<string, Float32Array>;
  config?: Record<string, number>;
  /** Copies of the text in one request. */
  copies?: number;
}

export class Bench {
  readonly model: RemoteModel;
  /** The text: prompt and targets. */
  readonly text: Int32Array;
  /** False if the service has no forward pass. */
  forwardOnly = true;
  #background = 0;

  constructor(model: RemoteModel, facts: BaseFacts) {
    this.model = model;
    this.text = probeTokens(facts, TOKENS);
  }

  /** Number of targets. */
  get positions(): number {
    return this.text.length - 1;
  }

  fill(value: number): Float32Array {
    return new Float32Array(this.positions).fill(value);
  }

  datum(inputs: Record<string, Float32Array>): WireDatum {
    const floats = Object.entries(inputs).map(([name, data]) => [name, float32(data)]);
    return {
      tokens: this.text.subarray(0, -1),
      inputs: { target_tokens: int64(this.text.slice(1)), ...Object.fromEntries(floats) },
    };
  }

  /** Returns the log-probabilities of the text. */
  async forward(): Promise<Float32Array> {
    const data = [this.datum({ weights: this.fill(0) })];
    if (this.forwardOnly) {
      const output = await attempt(() =>
        this.model.forwardBackward(data, { name: 'cross_entropy', forwardOnly: true }),
      );
      if (output !== null) return output.logprobs[0] ?? new Float32Array(0);
      this.forwardOnly = false;
    }
    const { logprobs } = await this.model.forwardBackward(data, { name: 'cross_entropy' });
    return logprobs[0] ?? new Float32Array(0);
  }

  /** Returns whether the service reads `mask`: then the log-probabilities where it is 0 are 0. */
  async readsMask(): Promise<boolean> {
    const mask = this.fill(1).fill(0, 0, 4);
    const data = [this.datum({ weights: this.fill(0), mask })];
    const output = await attempt(() =>
      this.model.forwardBackward(data, { name: 'cross_entropy', forwardOnly: this.forwardOnly }),
    );
    const logprobs = output?.logprobs[0] ?? [];
    return logprobs.length === this.positions && logprobs.every((value, at) => (value === 0) === (mask[at] === 0));
  }

  /** Adds a gradient; returns the log-probabilities of the pass. */
  async pull({ loss, inputs, config, copies = 1 }: Pull): Promise<Float32Array> {
    const data = Array.from({ length: copies }, () => this.datum(inputs));
    const { logprobs } = await this.model.forwardBackward(data, { name: loss, ...(config && { config }) });
    return logprobs[0] ?? new Float32Array(0);
  }

  /** Adds the gradient of a weighted cross-entropy with the same weight everywhere. */
  weigh(weight: number, copies = 1): Promise<Float32Array> {
    return this.pull({ loss: 'cross_entropy', inputs: { weights: this.fill(weight) }, copies });
  }

  /** Applies a step; returns the norm of the gradient, null if the service does not report it. */
  async step(params: AdamParams = STILL): Promise<number | null> {
    return metricNamed(await this.model.optimStep(params), 'grad_norm');
  }

  /** Clears the gradient, and takes what norm is left for that of other models: some services add them all up. */
  async settle(): Promise<void> {
    await this.step();
    this.#background = (await this.step()) ?? 0;
  }

  /** Returns the norm of the gradient of some losses together; null if one is refused, or if it is not reported. */
  async norm(pulls: readonly Pull[]): Promise<number | null> {
    for (const pull of pulls) {
      if ((await attempt(() => this.pull(pull))) === null) return null;
    }
    const norm = await this.step();
    return norm === null ? null : Math.sqrt(Math.max(0, norm ** 2 - this.#background ** 2));
  }
}
