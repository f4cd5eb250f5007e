/** Tensors in buffers of the device, by name. Freed explicitly: the garbage collector does not see their size. */

import type { Weights } from '../../../models/decoder-config.ts';
import type { Feed, Tensors } from '../memory/tensors.ts';
import type { ort } from '../runtime.ts';
import type { DeviceMemory } from './device-memory.ts';

export class DeviceTensors implements Tensors {
  readonly tensors: ReadonlyMap<string, ort.Tensor>;
  readonly feed: Feed;
  #memory: DeviceMemory;

  constructor(memory: DeviceMemory, tensors: ReadonlyMap<string, ort.Tensor>) {
    this.#memory = memory;
    this.tensors = tensors;
    this.feed = (name) => tensors.get(name);
  }

  /** Uploads weights. If it fails, nothing stays on the device. */
  static upload(memory: DeviceMemory, weights: Weights): Promise<DeviceTensors> {
    return DeviceTensors.each(memory, weights, (tensor) => memory.upload(tensor));
  }

  /** Makes one tensor for each entry. If one fails, those before it are freed. */
  static async each<T>(
    memory: DeviceMemory,
    entries: ReadonlyMap<string, T>,
    make: (entry: T, name: string) => Promise<ort.Tensor>,
  ): Promise<DeviceTensors> {
    const tensors = new Map<string, ort.Tensor>();
    try {
      for (const [name, entry] of entries) tensors.set(name, await make(entry, name));
    } catch (error) {
      freeAll(tensors);
      throw error;
    }
    return new DeviceTensors(memory, tensors);
  }

  async read(): Promise<Weights> {
    const weights: Weights = new Map();
    for (const [name, tensor] of this.tensors) weights.set(name, await this.#memory.download(tensor));
    return weights;
  }

  copy(): Promise<DeviceTensors> {
    return DeviceTensors.each(this.#memory, this.tensors, (tensor) => this.#memory.copy(tensor));
  }

  with(more: Tensors): DeviceTensors {
    return new DeviceTensors(this.#memory, new Map([...this.tensors, ...onDevice(more)]));
  }

  free(): void {
    freeAll(this.tensors);
  }
}

function freeAll(tensors: ReadonlyMap<string, ort.Tensor>): void {
  for (const tensor of tensors.values()) tensor.dispose();
}

function onDevice(tensors: Tensors): ReadonlyMap<string, ort.Tensor> {
  if (tensors instanceof DeviceTensors) return tensors.tensors;
  throw new Error('these tensors are not on the device');
}
