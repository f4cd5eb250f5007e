/** The engine on a GPU, through ONNX Runtime's WebGPU provider. */

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../types.ts';
import type { Example, TokenMeasures } from '../../engine.ts';
import type { Backend, LocalSampler, Training } from '../backend.ts';
import { activationBytes } from '../memory/forecast-memory.ts';
import type { Loaded } from '../memory/loaded.ts';
import type { Feed, Place } from '../memory/tensors.ts';
import type { LocalEngineOptions } from '../protocol.ts';
import { openDeviceSession } from '../session.ts';
import type { TrainerStart } from '../state-folder.ts';
import { chunkRows } from '../training/head.ts';
import { type SequenceDevice, SequenceRunner, type SequenceScores, type Tick } from '../training/sequence-runner.ts';
import { DeviceMemory } from './device-memory.ts';
import { DeviceTensors } from './device-tensors.ts';
import { checkHalf } from './sampling/check-half.ts';
import { DeviceSampler } from './sampling/device-sampler.ts';
import { HalfMatrices } from './sampling/half-matrices.ts';
import { SamplingSessions } from './sampling/sampling-sessions.ts';
import { DeviceRows } from './training/device-rows.ts';
import { DeviceTrainer } from './training/device-trainer.ts';

export class WebGpuBackend implements Backend {
  readonly memory = new DeviceMemory();
  readonly place: Place = (weights) => DeviceTensors.upload(this.memory, weights);
  #options: LocalEngineOptions;
  #runners = new Map<string, SequenceRunner>();
  #samplings = new Map<string, SamplingSessions>();
  #half = new HalfMatrices(this.memory);
  #halfIsRight = false;

  constructor(options: LocalEngineOptions) {
    this.#options = options;
  }

  train(source: Loaded, start: TrainerStart): Promise<Training> {
    return DeviceTrainer.open(this.#runnerFor(source), source.tensors, this.memory, start);
  }

  score(loaded: Loaded, examples: readonly Example[], tick: Tick): Promise<SequenceScores> {
    return this.#runnerFor(loaded).score(loaded.tensors.feed, examples, tick);
  }

  measure(loaded: Loaded, examples: readonly Example[], tick: Tick): Promise<TokenMeasures[]> {
    return this.#runnerFor(loaded).measure(loaded.tensors.feed, examples, tick);
  }

  async openSampler(loaded: Loaded): Promise<LocalSampler> {
    const { slots, sharePrompts } = this.#options;
    const { eosIds, decode, version: policyVersion } = loaded;
    const options = { slots, eosIds, decode, policyVersion, sharePrompts };
    return new DeviceSampler(await this.#weightsOf(loaded), this.#samplingFor(loaded), options);
  }

  async close(): Promise<void> {
    for (const runner of this.#runners.values()) await runner.close();
    for (const sessions of this.#samplings.values()) await sessions.close();
    await this.memory.close();
  }

  #runnerFor(loaded: Loaded): SequenceRunner {
    return shared(this.#runners, loaded, (config, adapter) => this.#openRunner(config, adapter));
  }

  #samplingFor(loaded: Loaded): SamplingSessions {
    return shared(this.#samplings, loaded, (config, adapter) => this.#openSampling(config, adapter));
  }

  #openSampling(config: DecoderConfig, adapter: AdapterShape | null): SamplingSessions {
    return new SamplingSessions(config, adapter, this.memory, this.#options.samplingPrecision);
  }

  /** Returns the tensors that samplers read. Half precision is compared with float32 once, with the first model. */
  async #weightsOf(loaded: Loaded): Promise<Feed> {
    if (this.#options.samplingPrecision !== 'float16') return loaded.tensors.feed;
    const weights = await this.#half.feed(loaded);
    if (!this.#halfIsRight) await this.#checkHalf(loaded, weights);
    this.#halfIsRight = true;
    return weights;
  }

  async #checkHalf(loaded: Loaded, weights: Feed): Promise<void> {
    const full = new SamplingSessions(loaded.config, loaded.adapter?.shape ?? null, this.memory);
    try {
      await checkHalf(
        { sessions: full, weights: loaded.tensors.feed },
        { sessions: this.#samplingFor(loaded), weights },
      );
    } finally {
      await full.close();
    }
  }

  #openRunner(config: DecoderConfig, shape: AdapterShape | null): SequenceRunner {
    const { microBatchTokens, activationBytes: most = Infinity } = this.#options;
    const recompute = (count: number, time: number): boolean => activationBytes(config, count * time, time) > most;
    return new SequenceRunner(config, onDevice(this.memory), { microBatchTokens, recompute }, shape);
  }
}

/** Returns what models of one architecture and adapter shape share. */
function shared<T>(
  opened: Map<string, T>,
  { config, adapter }: Loaded,
  open: (config: DecoderConfig, adapter: AdapterShape | null) => T,
): T {
  const shape = adapter?.shape ?? null;
  const key = JSON.stringify({ config, shape });
  const one = opened.get(key) ?? open(config, shape);
  opened.set(key, one);
  return one;
}

/** Where training and scoring run on the device. */
export function onDevice(memory: DeviceMemory): SequenceDevice {
  return {
    target: 'webgpu',
    open: (model) => openDeviceSession(model),
    mostRows: chunkRows,
    rows: () => new DeviceRows(memory),
  };
}
