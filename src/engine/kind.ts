/** An engine before it is opened. Every kind of engine in the config creates one from its settings. */

import type { EngineConfig } from '../config/schema.ts';
import type { EngineError } from '../errors.ts';
import type { DecoderConfig } from '../models/decoder-config.ts';
import type { AdapterShape, DeviceName } from '../types.ts';
import type { Engine, Waiting } from './engine.ts';

export interface EngineKind {
  /**
   * Fixes what the settings leave to a measurement, before a run stores them: the device. Absent if nothing is left open.
   * @param model folder of the model that the run trains
   * @throws EngineError if the device that the settings ask for cannot be used
   */
  settle?: (model: string) => Promise<SettledEngine>;
  /** Returns EngineError `budget` if the work does not fit into the memory of this machine. */
  open(work?: Workload, hooks?: EngineHooks): Promise<Engine>;
  /** Absent if the work is done on another machine, or by user code. */
  forecast?: {
    room(work: Workload): Promise<Room>;
    /** Takes a few seconds for a large model. */
    speed(request: SpeedRequest): Promise<Speed>;
  };
}

/** Settings without open choices. */
export interface SettledEngine {
  config: EngineConfig;
  choice: DeviceChoice;
}

/** The device that models run on. */
export interface DeviceChoice {
  device: DeviceName;
  /** Name of the GPU; null if nothing names it, and for the processor. */
  adapter: string | null;
  /** Why it was taken, as a part of a sentence. */
  reason: string;
}

/** What an engine reports from its opening to its close. */
export interface EngineHooks {
  /** Called once per second at most while a service keeps the engine waiting; the calls end when the wait does. */
  onWaiting?: (waiting: Waiting) => void;
  /** Folder of the model that the engine is opened for; `device = "auto"` measures it. `Workload.model` comes first. */
  model?: string;
  /** Whether the engine will train it; default: only with a workload. */
  trains?: boolean;
  /** Called once if the engine chose its device. */
  onDevice?: (choice: DeviceChoice) => void;
}

/** The properties of a run that determine its memory. */
export interface Workload {
  /** Folder of the base model. */
  model: string;
  /** Null if all parameters are trained. */
  adapter: AdapterShape | null;
  /** The adapter that the run would have with `adapt.method=lora`; null if it already trains one. */
  lora: AdapterShape | null;
  /** Number of frozen models in addition to the policy: the reference, the voting Solver. */
  frozen: number;
  /** Number of models that sample at the same time. */
  samplers: number;
  /** Tokens of the longest prompt. */
  prompt: number;
  /** Number of completions that are sampled, passed on and counted at once. */
  completions: number;
  /** Fewest completions of one prompt, which share its keys and values. */
  perPrompt: number;
  /** Tokens of the longest sampled and the longest trained sequence, if the model's context allows them. */
  longest: number;
  longestTrained: number;
}

export interface MemoryPart {
  name: string;
  bytes: number;
}

export interface MemoryForecast {
  parts: MemoryPart[];
  /** Sum of all parts. */
  bytes: number;
}

/** The memory that some work needs and the memory that is available. */
export interface Room {
  needed: MemoryForecast;
  /** Bytes available to the process. */
  available: number;
  /** An error of kind `budget` with the settings that would make the work fit; null if it fits. */
  problem: EngineError | null;
}

/** Measured speed of this machine for one model. */
export interface Speed {
  threads: number;
  /** Sequences sampled at once. */
  slots: number;
  /** Seconds of a decoding step by the number of sequences, ascending from one. */
  steps: readonly { sequences: number; seconds: number }[];
  /** Seconds per token of a prompt. */
  prefill: number;
  /** Fewest tokens of a beginning that runs once for all prompts that share it. Absent: every prompt runs whole. */
  sharedFrom?: number;
  /** Seconds to prepare a model in memory for sampling. */
  opening: number;
  /**
   * Seconds per token of a forward pass, and of a forward and a backward pass. Tokens count once for every sequence, also
   * where sequences share them.
   */
  scoring: number;
  training: number;
  /** Seconds of an optimizer step. */
  updating: number;
  /** Seconds per byte that is written to the disk. */
  writing: number;
}

/** A typical training step. */
export interface TrainedStep {
  /** Tokens of a prompt. */
  prompt: number;
  /** Tokens that all prompts begin with. */
  beginning: number;
  prompts: number;
  /** Completions of each prompt. */
  completions: number;
  /** Tokens of a completion. */
  targets: number;
}

/** The work whose speed is asked for. */
export interface SpeedRequest {
  decoder: DecoderConfig;
  /** The trained adapter; null if all parameters are trained. */
  adapter: AdapterShape | null;
  step: TrainedStep;
}
