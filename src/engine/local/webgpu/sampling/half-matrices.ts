/**
 * Copies of a base's matrices in half precision, for samplers. A copy is made when the first sampler over a base opens,
 * and freed when the base has no user. Training and scoring read the float32 tensors.
 */

import { matrixNames } from '../../graph/model-inputs.ts';
import type { Loaded } from '../../memory/loaded.ts';
import type { SharedBase } from '../../memory/shared-base.ts';
import type { Feed } from '../../memory/tensors.ts';
import type { ort } from '../../runtime.ts';
import type { DeviceMemory } from '../device-memory.ts';
import { DeviceTensors } from '../device-tensors.ts';

interface Copy {
  tensors: DeviceTensors | null;
}

export class HalfMatrices {
  #memory: DeviceMemory;
  #copies = new WeakMap<SharedBase, Copy>();

  constructor(memory: DeviceMemory) {
    this.#memory = memory;
  }

  /**
   * Returns a model's tensors, with its matrices in half precision.
   * @throws EngineError `user` if the adapter has no half precision
   */
  async feed({ base, tensors }: Pick<Loaded, 'base' | 'tensors'>): Promise<Feed> {
    const copy = this.#copyOf(base);
    copy.tensors ??= await this.#made(base);
    const half = copy.tensors.feed;
    return (name) => half(name) ?? tensors.feed(name);
  }

  #copyOf(base: SharedBase): Copy {
    const known = this.#copies.get(base);
    if (known !== undefined) return known;
    const copy: Copy = { tensors: null };
    this.#copies.set(base, copy);
    base.whenUnused(() => {
      copy.tensors?.free();
      copy.tensors = null;
      return Promise.resolve();
    });
    return copy;
  }

  #made({ config, tensors }: SharedBase): Promise<DeviceTensors> {
    const matrices = new Map<string, ort.Tensor>();
    for (const name of matrixNames(config)) {
      const tensor = tensors.feed(name);
      if (tensor !== undefined) matrices.set(name, tensor);
    }
    return DeviceTensors.each(this.#memory, matrices, (tensor) => this.#memory.half(tensor));
  }
}
