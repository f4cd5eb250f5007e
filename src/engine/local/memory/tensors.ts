/**
 * The tensors of a model where graphs read them: arrays of this process, or buffers of a device. Code that is the same
 * for both uses `feed`.
 */

import type { Weights } from '../../../models/decoder-config.ts';
import type { ort } from '../runtime.ts';
import { float32 } from '../session.ts';

/** Returns the tensor of a name, to feed to a graph; undefined if there is none. */
export type Feed = (name: string) => ort.Tensor | undefined;

export interface Tensors {
  readonly feed: Feed;
  /** Returns all values in this process: the arrays themselves, or copies of what is on the device. */
  read(): Promise<Weights>;
  copy(): Promise<Tensors>;
  /** Returns these tensors together with others of the same place, without copying. They are freed one by one. */
  with(more: Tensors): Tensors;
  /** Frees the memory of a device. The tensors must not be used afterwards. */
  free(): void;
}

/** Puts weights where graphs read them. The arrays must not be changed by others afterwards. */
export type Place = (weights: Weights) => Promise<Tensors>;

/** Arrays of this process. */
export class HostTensors implements Tensors {
  readonly weights: Weights;
  readonly feed: Feed;

  constructor(weights: Weights) {
    this.weights = weights;
    this.feed = feedOf(weights);
  }

  read(): Promise<Weights> {
    return Promise.resolve(this.weights);
  }

  copy(): Promise<HostTensors> {
    return Promise.resolve(new HostTensors(copied(this.weights)));
  }

  with(more: Tensors): HostTensors {
    return new HostTensors(new Map([...this.weights, ...hostWeights(more)]));
  }

  free(): void {}
}

export const placeOnHost: Place = (weights) => Promise.resolve(new HostTensors(weights));

/** Feeds arrays of this process. A graph that writes into a fed tensor changes the array. */
export function feedOf(weights: Weights): Feed {
  return (name) => {
    const tensor = weights.get(name);
    return tensor && float32(tensor.data, tensor.shape);
  };
}

/** Returns the arrays behind tensors of this process. */
export function hostWeights(tensors: Tensors): Weights {
  if (tensors instanceof HostTensors) return tensors.weights;
  throw new Error('these tensors are on a device');
}

function copied(weights: Weights): Weights {
  return new Map(Array.from(weights, ([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
}
