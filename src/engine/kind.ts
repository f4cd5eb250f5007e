/** What is known of an engine before it is open. Each kind of engine in the config makes one from its settings. */

import type { EngineError } from '../errors.ts';
import type { DecoderConfig } from '../models/decoder-config.ts';
import type { AdapterShape } from '../types.ts';
import type { Engine } from './engine.ts';

export interface EngineKind {
  /** EngineError `budget` where the work does not fit on this machine. */
  open(work?: Workload): Promise<Engine>;
  /** Absent where the work is done elsewhere, or by code that this program does not know. */
  forecast?: {
    room(work: Workload): Promise<Room>;
    speed(decoder: DecoderConfig): Promise<Speed>;
  };
}

/** What a run asks of its engine, as far as it decides about memory. */
export interface Workload {
  /** Folder of the base model. */
  model: string;
  /** Null: every parameter is trained. */
  adapter: AdapterShape | null;
  /** The adapter of the same run with `adapt.method=lora`; null where it trains one already. */
  lora: AdapterShape | null;
  /** Frozen models next to the policy: the reference, the voting Solver. */
  frozen: number;
  /** Models that sample at the same time. */
  samplers: number;
  /** Tokens of the longest sequence that is sampled, and that is trained on, where the model's context allows it. */
  longest: number;
  longestTrained: number;
}

export interface MemoryPart {
  name: string;
  bytes: number;
}

export interface MemoryForecast {
  parts: MemoryPart[];
  /** All parts together. */
  bytes: number;
}

/** What some work needs of this machine's memory, and what there is. */
export interface Room {
  needed: MemoryForecast;
  /** Bytes for the process. */
  available: number;
  /** `budget`, with the settings that would make it fit; null: it fits. */
  problem: EngineError | null;
}

/** Floating-point operations per second that this machine reaches with a model's matrix products. */
export interface Speed {
  threads: number;
  training: number;
  sampling: number;
}
