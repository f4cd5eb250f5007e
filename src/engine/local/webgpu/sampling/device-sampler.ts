/**
 * Sampling on a device: only tokens, uniform numbers and log-probabilities travel. Weights, KV caches and distributions
 * stay there. Each prompt runs once and is copied into the slots of its completions (`prompt-batch.ts`); all slots decode
 * together (`slots.ts`), and tokens are drawn there (`draw-graph.ts`).
 */

import type { Completion, SampleRequest } from '../../../engine.ts';
import type { LocalSampler } from '../../backend.ts';
import type { Feed } from '../../memory/tensors.ts';
import { type ModelEnds, runLanes, type SampleControl } from '../../sampling/continuous-batching.ts';
import { slotsThatFit } from '../../sampling/kv-cache.ts';
import { promptedCompletions, unsharedCompletions } from '../../sampling/prompt-queue.ts';
import { DeviceLanes } from './device-lanes.ts';
import { paddedLength, type PromptBatch, runPrompts, usesOf } from './prompt-batch.ts';
import type { SamplingSessions } from './sampling-sessions.ts';
import { Slots } from './slots.ts';

/**
 * A product with a single row adds in another order. With at least two, the number of slots and the length of their
 * caches change no bit.
 */
const FEWEST_SLOTS = 2;

export interface DeviceSamplerOptions extends ModelEnds {
  slots: number;
  /** False runs the prompt of every completion separately, with the same results. */
  sharePrompts?: boolean;
}

export class DeviceSampler implements LocalSampler {
  #weights: Feed;
  #sessions: SamplingSessions;
  #options: DeviceSamplerOptions;

  /**
   * @param weights tensors on the device
   * @param sessions for their architecture and adapter shape; their owner closes them
   */
  constructor(weights: Feed, sessions: SamplingSessions, options: DeviceSamplerOptions) {
    this.#weights = weights;
    this.#sessions = sessions;
    this.#options = options;
  }

  async sample(requests: readonly SampleRequest[], control: SampleControl): Promise<Completion[][]> {
    const { slots: most, sharePrompts = true } = this.#options;
    const longestPrompt = Math.max(...requests.map(({ prompt }) => prompt.length));
    const longestNew = Math.max(...requests.map(({ maxTokens }) => maxTokens));
    const length = paddedLength(longestPrompt + longestNew);
    const total = requests.reduce((sum, request) => sum + request.n, 0);
    const count = Math.max(FEWEST_SLOTS, slotsThatFit(this.#sessions.config, Math.min(most, total), length));
    const batches: PromptBatch[] = [];
    const uses = sharePrompts ? usesOf(requests) : () => 1;
    const run = async (prompts: readonly Int32Array[]): ReturnType<typeof runPrompts> => {
      const completions = prompts.reduce((sum, prompt) => sum + uses(prompt), 0);
      const ran = await runPrompts(this.#sessions, this.#weights, prompts, completions);
      batches.push(ran[0].batch);
      return ran;
    };
    const pending = (sharePrompts ? promptedCompletions : unsharedCompletions)(requests, run);
    const slots = await Slots.open(this.#sessions, this.#weights, { count, length });
    try {
      return await runLanes(requests, new DeviceLanes(requests, slots, pending), this.#options, control);
    } finally {
      slots.free();
      for (const batch of batches) batch.free();
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
