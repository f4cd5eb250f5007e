/**
 * The decoding session over one set of base weights and all adapters of one shape. The base is part of the
 * model; the adapter is passed with every call. The creator closes it. Next: `batch-sampler.ts`.
 */

import { adapterTensors } from '../../../models/adapters/adapter.ts';
import type { AdapterShape } from '../../../types.ts';
import type { DecoderConfig, Weights } from '../../../models/decoder-config.ts';
import { type DecodingGraph, decodingGraph } from './decoding-graph.ts';
import { type Feeds, float32, openSession, type Session } from '../session.ts';

export interface OpenDecoding {
  graph: DecodingGraph;
  session: Session;
  /** Maximum sequence length of its rotary tables. */
  positions: number;
}

export class Decoding {
  readonly adapter: AdapterShape | null;
  #config: DecoderConfig;
  #base: Weights;
  #threads: number;
  #open: OpenDecoding | null = null;

  constructor(config: DecoderConfig, base: Weights, threads: number, adapter: AdapterShape | null = null) {
    this.adapter = adapter;
    this.#config = config;
    this.#base = base;
    this.#threads = threads;
  }

  /**
   * Opens the session for sequences of up to `positions` tokens. It is reused, and rebuilt only if its rotary
   * tables are too short.
   */
  async open(positions: number): Promise<OpenDecoding> {
    if (this.#open !== null && this.#open.positions >= positions) return this.#open;
    await this.close();
    const room = Math.max(256, 2 ** Math.ceil(Math.log2(positions)));
    const graph = decodingGraph(this.#config, this.#base, room, this.adapter);
    const session = await openSession(graph.model, this.#threads, graph.external);
    this.#open = { graph, session, positions: room };
    return this.#open;
  }

  /** Returns the adapter's inputs of a call. Weights without an adapter get zero factors. */
  factors(weights: Weights): Feeds {
    if (this.adapter === null) return {};
    return Object.fromEntries(
      adapterTensors(this.#config, this.adapter).map(({ name, shape: [rows, columns] }) => [
        name,
        float32(weights.get(name)?.data ?? new Float32Array(rows * columns), [rows, columns]),
      ]),
    );
  }

  async close(): Promise<void> {
    await this.#open?.session.release();
    this.#open = null;
  }
}
