/**
 * The slots of a call on the device: KV caches, and the distribution of each slot's next token. Every operation runs over
 * all slots. Which completion is in which slot is in `device-lanes.ts`.
 */

import { modelTensors } from '../../../../models/adapters/adapter.ts';
import type { Feed } from '../../memory/tensors.ts';
import type { ort } from '../../runtime.ts';
import type { Drawn } from '../../sampling/continuous-batching.ts';
import { float32, type Feeds, type Fetches, int32, int64 } from '../../session.ts';
import { DRAW_INPUTS, drawFeeds, type DrawRow, type Filters } from './draw-graph.ts';
import type { PromptBatch } from './prompt-batch.ts';
import type { SamplingSessions } from './sampling-sessions.ts';
import { STEP_INPUTS } from './slot-attention.ts';
import { type InPlaceGraph, PLACE_INPUTS, SLOT_TENSORS } from './step-graph.ts';

export interface SlotsSize {
  /** Number of slots. */
  count: number;
  /** Positions of each cache. */
  length: number;
}

/** The input of a slot's step; a slot without a completion decodes any token at any position. */
export interface SlotInput {
  token: number;
  position: number;
}

/** A completion that begins: its slot, and the row of its prompt. */
export interface Placement {
  slot: number;
  row: number;
}

export class Slots {
  readonly size: SlotsSize;
  #sessions: SamplingSessions;
  #weights: Feeds;
  #caches: ReadonlyMap<string, ort.Tensor>;
  #logs: ort.Tensor;

  private constructor(
    sessions: SamplingSessions,
    weights: Feed,
    size: SlotsSize,
    caches: ReadonlyMap<string, ort.Tensor>,
    logs: ort.Tensor,
  ) {
    this.size = size;
    this.#sessions = sessions;
    this.#weights = weightFeeds(sessions, weights);
    this.#caches = caches;
    this.#logs = logs;
  }

  /** Allocates slots on the device; the caller frees them. */
  static async open(sessions: SamplingSessions, weights: Feed, size: SlotsSize): Promise<Slots> {
    const { layers, kvHeads, headDim, vocabulary } = sessions.config;
    const caches = new Map<string, ort.Tensor>();
    try {
      for (let layer = 0; layer < layers; layer++) {
        for (const name of [SLOT_TENSORS.key(layer), SLOT_TENSORS.value(layer)])
          caches.set(name, await sessions.memory.zeros([size.count, kvHeads, size.length, headDim]));
      }
      return new Slots(sessions, weights, size, caches, await sessions.memory.zeros([size.count, vocabulary]));
    } catch (error) {
      freeAll(caches.values());
      throw error;
    }
  }

  /** Copies prompts and the distributions of their first tokens into slots. */
  async place(batch: PromptBatch, placements: readonly Placement[]): Promise<void> {
    const { graph, session } = await this.#sessions.place();
    const rows = Int32Array.from(placements, ({ row }) => row);
    const slots = placements.map(({ slot }) => slot);
    const feeds: Feeds = {
      ...Object.fromEntries(this.#caches),
      [SLOT_TENSORS.logs]: this.#logs,
      [PLACE_INPUTS.rows]: int32(rows, [rows.length]),
      [PLACE_INPUTS.slots]: int64(slots, [slots.length, 1]),
      [PLACE_INPUTS.pads]: int64([0, 0, 0, 0, 0, 0, this.size.length - batch.time, 0]),
    };
    for (const [name, tensor] of batch.tensors) feeds[PLACE_INPUTS.from(name)] = tensor;
    await session.run(feeds, this.#over(graph));
  }

  /** Decodes one token per slot. */
  async step(inputs: readonly SlotInput[]): Promise<void> {
    const { graph, session } = await this.#sessions.step();
    const { length, count } = this.size;
    const { kvHeads } = this.#sessions.config;
    const { cosine, sine } = await this.#sessions.tables(length);
    const tokens = Int32Array.from(inputs, ({ token }) => token);
    const positions = inputs.map(({ position }) => position);
    const cells = positions.flatMap((position, slot) =>
      Array.from({ length: kvHeads }, (_, head) => [slot, head, position]).flat(),
    );
    const feeds: Feeds = {
      ...this.#weights,
      ...Object.fromEntries(this.#caches),
      [STEP_INPUTS.tokens]: int32(tokens, [count]),
      [STEP_INPUTS.positions]: int64(positions, [count, 1]),
      [STEP_INPUTS.reach]: float32(Float32Array.from(positions), [count, 1, 1, 1]),
      [STEP_INPUTS.range]: float32(
        Float32Array.from({ length }, (_, at) => at),
        [1, 1, 1, length],
      ),
      [STEP_INPUTS.cells]: int64(cells, [count, kvHeads, 3]),
      [STEP_INPUTS.cosine]: cosine,
      [STEP_INPUTS.sine]: sine,
    };
    await session.run(feeds, this.#over(graph));
  }

  /** Draws the next token of slots. Slots without a draw are null; what is returned for them has no meaning. */
  async draw(rows: readonly (DrawRow | null)[], filters: Filters): Promise<Drawn[]> {
    const { graph, session } = await this.#sessions.draw(filters);
    const feeds = drawFeeds(rows, this.#sessions.config.vocabulary, filters);
    const outputs = await session.run({ ...feeds, [DRAW_INPUTS.logs]: this.#logs });
    const [tokens, logprobs] = [outputs[graph.token].data, outputs[graph.logprob].data];
    return rows.map((_, slot) => ({ token: Number(tokens[slot]), logprob: Number(logprobs[slot]) }));
  }

  free(): void {
    freeAll([...this.#caches.values(), this.#logs]);
  }

  #over({ over }: InPlaceGraph): Fetches {
    const tensors = new Map([...this.#caches, [SLOT_TENSORS.logs, this.#logs]]);
    return Object.fromEntries(Array.from(over, ([name, output]) => [output, tensors.get(name) ?? null]));
  }
}

function weightFeeds({ config, adapter }: SamplingSessions, weights: Feed): Feeds {
  const feeds: Feeds = {};
  for (const { name } of modelTensors(config, adapter)) {
    const tensor = weights(name);
    if (tensor !== undefined) feeds[name] = tensor;
  }
  return feeds;
}

function freeAll(tensors: Iterable<ort.Tensor>): void {
  for (const tensor of tensors) tensor.dispose();
}
