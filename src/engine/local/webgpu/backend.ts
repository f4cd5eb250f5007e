/** The engine on a GPU, through ONNX Runtime's WebGPU provider. */

import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../types.ts';
import type { Example } from '../../engine.ts';
import type { Backend, LocalSampler, Training } from '../backend.ts';
import { activationBytes } from '../memory/forecast-memory.ts';
import type { Loaded } from '../memory/loaded.ts';
import type { Place } from '../memory/tensors.ts';
import type { LocalEngineOptions } from '../protocol.ts';
import { openDeviceSession } from '../session.ts';
import type { TrainerStart } from '../state-folder.ts';
import { chunkRows } from '../training/head.ts';
import { type SequenceDevice, SequenceRunner, type SequenceScores, type Tick } from '../training/sequence-runner.ts';
import { DeviceMemory } from './device-memory.ts';
import { DeviceTensors } from './device-tensors.ts';
import { DeviceRows } from './training/device-rows.ts';
import { DeviceTrainer } from './training/device-trainer.ts';

export class WebGpuBackend implements Backend {
  readonly memory = new DeviceMemory();
  readonly place: Place = (weights) => DeviceTensors.upload(this.memory, weights);
  #options: LocalEngineOptions;
  #runners = new Map<string, SequenceRunner>();

  constructor(options: LocalEngineOptions) {
    this.#options = options;
  }

  train(source: Loaded, start: TrainerStart): Promise<Training> {
    return DeviceTrainer.open(this.#runnerFor(source), source.tensors, this.memory, start);
  }

  score(loaded: Loaded, examples: readonly Example[], tick: Tick): Promise<SequenceScores> {
    return this.#runnerFor(loaded).score(loaded.tensors.feed, examples, tick);
  }

  openSampler(_loaded: Loaded): Promise<LocalSampler> {
    return Promise.reject(new Error('sampling on a device is not connected'));
  }

  async close(): Promise<void> {
    for (const runner of this.#runners.values()) await runner.close();
    await this.memory.close();
  }

  #runnerFor({ config, adapter }: Loaded): SequenceRunner {
    const shape = adapter?.shape ?? null;
    const key = JSON.stringify({ config, shape });
    let runner = this.#runners.get(key);
    if (runner === undefined) {
      runner = this.#openRunner(config, shape);
      this.#runners.set(key, runner);
    }
    return runner;
  }

  #openRunner(config: DecoderConfig, shape: AdapterShape | null): SequenceRunner {
    const { microBatchTokens, activationBytes: most = Infinity } = this.#options;
    const recompute = (count: number, time: number): boolean => activationBytes(config, count * time, time) > most;
    return new SequenceRunner(config, onDevice(this.memory), { microBatchTokens, recompute }, shape);
  }
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
