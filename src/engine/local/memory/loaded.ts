import type { ModelPlace } from '../../../models/adapters/adapter-base.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import type { Decode } from '../../stop-strings.ts';
import type { AdapterShape } from '../../../types.ts';
import type { SharedBase } from './shared-base.ts';
import type { Tensors } from './tensors.ts';

/** An adapter's factors where graphs read them. The last user that releases them frees them. */
export class PlacedAdapter {
  readonly shape: AdapterShape;
  readonly tensors: Tensors;
  #holders = 1;

  constructor(shape: AdapterShape, tensors: Tensors) {
    this.shape = shape;
    this.tensors = tensors;
  }

  retain(): void {
    this.#holders++;
  }

  release(): void {
    this.#holders--;
    if (this.#holders === 0) this.tensors.free();
  }
}

/** Weights in memory, and the data that belongs to them. */
export interface Loaded {
  config: DecoderConfig;
  /** The full weights, or the weights under the adapter. */
  base: SharedBase;
  adapter: PlacedAdapter | null;
  /** All tensors: the base's own, and the adapter's. */
  tensors: Tensors;
  place: ModelPlace;
  version: number;
  eosIds: readonly number[];
  decode: Decode;
}
