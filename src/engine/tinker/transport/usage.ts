/** Counts the work that the service has done for this process. */

import type { SampleOutput, WireDatum } from '../../../wire/messages.ts';
import type { ServiceUsage } from '../service.ts';

export class UsageCounter {
  #usage: ServiceUsage = { requests: 0, sampledTokens: 0, prefilledTokens: 0, trainedTokens: 0 };

  /** A request other than a sample or a pass. */
  request(): void {
    this.#usage.requests++;
  }

  sampled(prompt: Int32Array, { sequences }: SampleOutput): void {
    this.#usage.requests++;
    this.#usage.prefilledTokens += prompt.length;
    for (const { tokens } of sequences) this.#usage.sampledTokens += tokens.length;
  }

  /** A forward pass, with or without a backward pass. */
  trained(data: readonly WireDatum[]): void {
    this.#usage.requests++;
    for (const { tokens } of data) this.#usage.trainedTokens += tokens.length;
  }

  read(): ServiceUsage {
    return { ...this.#usage };
  }
}
