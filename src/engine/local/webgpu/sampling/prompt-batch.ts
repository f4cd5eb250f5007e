/**
 * Prompts that ran together, with their keys, values and first distributions on the device until every completion that
 * begins with them has been placed.
 */

import type { SampleRequest } from '../../../engine.ts';
import type { Feed } from '../../memory/tensors.ts';
import type { ort } from '../../runtime.ts';
import { deviceTensor } from '../device-memory.ts';
import type { SamplingSessions } from './sampling-sessions.ts';
import { SLOT_TENSORS } from './step-graph.ts';

/** Prompts are padded to a multiple: kernels for other lengths add in another order. */
const TIME_STEP = 16;
/** A product with a single row may use another kernel. */
const FEWEST_SELECTED = 2;

export interface DevicePrompt {
  batch: PromptBatch;
  row: number;
  /** Tokens. */
  length: number;
}

export class PromptBatch {
  /** By the name of the slots' tensor that they are copied into. */
  readonly tensors: Map<string, ort.Tensor>;
  /** Tokens of each prompt, padding included. */
  readonly time: number;
  #uses: number;

  constructor(tensors: Map<string, ort.Tensor>, time: number, uses: number) {
    this.tensors = tensors;
    this.time = time;
    this.#uses = uses;
  }

  /** Counts completions that were placed; the last ones free the tensors. */
  used(count: number): void {
    this.#uses -= count;
    if (this.#uses === 0) this.free();
  }

  free(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
    this.tensors.clear();
  }
}

/** Runs prompts together. `uses`: completions that begin with them. */
export async function runPrompts(
  sessions: SamplingSessions,
  weights: Feed,
  prompts: readonly Int32Array[],
  uses: number,
): Promise<DevicePrompt[]> {
  const { config } = sessions;
  const { graph, session } = await sessions.prefill();
  const time = paddedLength(Math.max(...prompts.map((prompt) => prompt.length)));
  const last = prompts.map((prompt, row) => row * time + prompt.length - 1);
  while (last.length < FEWEST_SELECTED) last.push(last[0]);
  const feeds = sessions.sequences.of(weights, prompts, time, Int32Array.from(last));
  const outputs = await session.run(feeds);
  const tensors = new Map<string, ort.Tensor>([[SLOT_TENSORS.logs, deviceTensor(outputs[graph.logDistribution])]]);
  for (let layer = 0; layer < config.layers; layer++) {
    tensors.set(SLOT_TENSORS.key(layer), deviceTensor(outputs[graph.keys[layer]]));
    tensors.set(SLOT_TENSORS.value(layer), deviceTensor(outputs[graph.values[layer]]));
  }
  const batch = new PromptBatch(tensors, time, uses);
  return prompts.map(({ length }, row) => ({ batch, row, length }));
}

/** Rounds a number of tokens up to a length that a cache may have. */
export function paddedLength(tokens: number): number {
  return Math.ceil(tokens / TIME_STEP) * TIME_STEP;
}

/** Returns the number of completions that begin with a prompt, over all requests. */
export function usesOf(requests: readonly SampleRequest[]): (prompt: Int32Array) => number {
  const uses = new Map<string, number>();
  for (const { prompt, n } of requests) uses.set(prompt.join(','), (uses.get(prompt.join(',')) ?? 0) + n);
  return (prompt) => uses.get(prompt.join(',')) ?? 0;
}
