/**
 * The sessions that sample from all weights of one architecture and adapter shape, opened when they are first needed.
 * Their owner closes them. Next: `device-sampler.ts`.
 */

import type { DecoderConfig } from '../../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../../types.ts';
import { rotaryTables } from '../../decoder.ts';
import type { Precision } from '../../graph/model-inputs.ts';
import type { ort } from '../../runtime.ts';
import { prefillGraph, type CachingGraph } from '../../sampling/decoding-graph.ts';
import { openDeviceSession, type Session } from '../../session.ts';
import { SequenceFeeds } from '../../training/sequence-feeds.ts';
import type { DeviceMemory } from '../device-memory.ts';
import { drawGraph, type DrawGraph, type Filters } from './draw-graph.ts';
import { placeGraph, stepGraph, type InPlaceGraph } from './step-graph.ts';

export interface Opened<Graph> {
  graph: Graph;
  session: Session;
}

/** Rotary tables on the device, `[positions, headDim / 2]`. */
export interface DeviceTables {
  positions: number;
  cosine: ort.Tensor;
  sine: ort.Tensor;
}

const FEWEST_POSITIONS = 256;

export class SamplingSessions {
  readonly config: DecoderConfig;
  readonly adapter: AdapterShape | null;
  readonly memory: DeviceMemory;
  readonly precision: Precision;
  /** Inputs of the prefill graph. */
  readonly sequences: SequenceFeeds;
  #sessions: Session[] = [];
  #prefill: Promise<Opened<CachingGraph>> | null = null;
  #step: Promise<Opened<InPlaceGraph>> | null = null;
  #place: Promise<Opened<InPlaceGraph>> | null = null;
  #draws = new Map<string, Promise<Opened<DrawGraph>>>();
  #tables: DeviceTables | null = null;

  constructor(
    config: DecoderConfig,
    adapter: AdapterShape | null,
    memory: DeviceMemory,
    precision: Precision = 'float32',
  ) {
    this.config = config;
    this.precision = precision;
    this.adapter = adapter;
    this.memory = memory;
    this.sequences = new SequenceFeeds(config, adapter);
  }

  /** Its outputs stay on the device. */
  prefill(): Promise<Opened<CachingGraph>> {
    const keptBy = ({ keys, values, logDistribution }: CachingGraph): string[] => [...keys, ...values, logDistribution];
    this.#prefill ??= this.#open(prefillGraph(this.config, this.adapter, 'webgpu', this.precision), keptBy);
    return this.#prefill;
  }

  step(): Promise<Opened<InPlaceGraph>> {
    this.#step ??= this.#open(stepGraph(this.config, this.adapter, this.precision));
    return this.#step;
  }

  place(): Promise<Opened<InPlaceGraph>> {
    this.#place ??= this.#open(placeGraph(this.config));
    return this.#place;
  }

  draw(filters: Filters): Promise<Opened<DrawGraph>> {
    const key = JSON.stringify(filters);
    const known = this.#draws.get(key);
    const opened = known ?? this.#open(drawGraph(this.config.vocabulary, filters));
    this.#draws.set(key, opened);
    return opened;
  }

  /** Returns tables for at least `positions` positions. They are valid until the next call. */
  async tables(positions: number): Promise<DeviceTables> {
    if (this.#tables !== null && this.#tables.positions >= positions) return this.#tables;
    this.#freeTables();
    const room = Math.max(FEWEST_POSITIONS, 2 ** Math.ceil(Math.log2(positions)));
    const { cosine, sine } = rotaryTables(this.config, room);
    const shape = [room, this.config.headDim / 2];
    const upload = (data: Float32Array): Promise<ort.Tensor> => this.memory.upload({ data, shape });
    this.#tables = { positions: room, cosine: await upload(cosine), sine: await upload(sine) };
    return this.#tables;
  }

  async close(): Promise<void> {
    this.#freeTables();
    for (const session of this.#sessions.splice(0)) await session.release();
    this.#prefill = null;
    this.#step = null;
    this.#place = null;
    this.#draws.clear();
  }

  async #open<Graph extends { model: Uint8Array }>(
    graph: Graph,
    keptBy: (graph: Graph) => string[] = () => [],
  ): Promise<Opened<Graph>> {
    const session = await openDeviceSession(graph.model, { kept: keptBy(graph) });
    this.#sessions.push(session);
    return { graph, session };
  }

  #freeTables(): void {
    this.#tables?.cosine.dispose();
    this.#tables?.sine.dispose();
    this.#tables = null;
  }
}
