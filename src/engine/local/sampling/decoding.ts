/**
 * The session that decodes over one set of base weights, and over every adapter of one shape on top of them: the base
 * is the model's, the adapter comes in with every call. Whoever makes one closes it.
 */

import { adapterTensors } from '../../../models/adapters/adapter.ts';
import type { AdapterShape } from '../../../types.ts';
import type { DecoderConfig, Weights } from '../../../models/decoder-config.ts';
import { type DecodingGraph, decodingGraph } from './decoding-graph.ts';
import { type Feeds, float32, openSession, type Session } from '../session.ts';

export interface OpenDecoding {
  graph: DecodingGraph;
  session: Session;
  /** Longest sequence that its rotary tables cover. */
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

  /** For sequences of up to `positions` tokens; kept, and built anew only where its tables are too short. */
  async open(positions: number): Promise<OpenDecoding> {
    if (this.#open !== null && this.#open.positions >= positions) return this.#open;
    await this.close();
    const room = Math.max(256, 2 ** Math.ceil(Math.log2(positions)));
    const graph = decodingGraph(this.#config, this.#base, room, this.adapter);
    const session = await openSession(graph.model, this.#threads, graph.external);
    this.#open = { graph, session, positions: room };
    return this.#open;
  }

  /** The adapter's part of every call's inputs; weights without one get factors that add exactly nothing. */
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
