import type { Adapter } from '../../../models/adapters/adapter.ts';
import type { ModelPlace } from '../../../models/adapters/adapter-base.ts';
import type { DecoderConfig, Weights } from '../../../models/decoder-config.ts';
import type { Decode } from '../../stop-strings.ts';
import type { SharedBase } from './shared-base.ts';

/** Weights in memory, and the data that belongs to them. */
export interface Loaded {
  config: DecoderConfig;
  /** The full weights, or the weights under the adapter. */
  base: SharedBase;
  adapter: Adapter | null;
  /** All tensors by name: the base's own arrays, followed by the adapter's. */
  weights: Weights;
  place: ModelPlace;
  version: number;
  eosIds: readonly number[];
  decode: Decode;
}
