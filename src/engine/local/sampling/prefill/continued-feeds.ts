/** Prepares the inputs of `continuedGraph`: tokens, mask, rotary tables, and the keys and values of the beginning. */

import { modelTensors } from '../../../../models/adapters/adapter.ts';
import type { DecoderConfig } from '../../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../../types.ts';
import { rotaryTables } from '../../decoder.ts';
import type { Feed } from '../../memory/tensors.ts';
import { type Feeds, float32, int32, int64 } from '../../session.ts';
import { SEQUENCE_INPUTS } from '../../training/causal-attention.ts';
import { flatTokens } from '../../training/sequence-feeds.ts';
import { CONTINUED_INPUTS as IN } from './continued-attention.ts';
import { type CachedPrompt, joinedParts } from './cached-prompt.ts';

/** The rest of prompts that run together. */
export interface Rest {
  /** The tokens after the beginning, each at most `time` long. */
  sequences: readonly Int32Array[];
  time: number;
  /** Flat rows (sequence × time) whose distributions are needed. */
  selected: Int32Array;
}

interface Tables {
  positions: number;
  cosine: Float32Array;
  sine: Float32Array;
}

export class ContinuedFeeds {
  #config: DecoderConfig;
  #tensors: readonly { name: string }[];
  #tables: Tables = { positions: 0, cosine: new Float32Array(0), sine: new Float32Array(0) };

  constructor(config: DecoderConfig, adapter: AdapterShape | null) {
    this.#config = config;
    this.#tensors = modelTensors(config, adapter);
  }

  /** @param beginning shared by all sequences, whole */
  of(weights: Feed, beginning: CachedPrompt, { sequences, time, selected }: Rest): Feeds {
    const { length } = beginning;
    const { headDim, layers } = this.#config;
    const tokens = flatTokens(sequences, time);
    const { positions, cosine, sine } = this.#rotary(length + time);
    const feeds: Feeds = {
      [SEQUENCE_INPUTS.tokens]: int32(tokens, [tokens.length]),
      [SEQUENCE_INPUTS.selected]: int32(selected, [selected.length]),
      [SEQUENCE_INPUTS.extent]: int64([sequences.length, time]),
      [SEQUENCE_INPUTS.cosine]: float32(cosine, [positions, headDim / 2]),
      [SEQUENCE_INPUTS.sine]: float32(sine, [positions, headDim / 2]),
      [IN.start]: int64([length]),
      [IN.mask]: float32(maskAfter(length, time), [time, length + time]),
    };
    for (const { name } of this.#tensors) {
      const tensor = weights(name);
      if (tensor !== undefined) feeds[name] = tensor;
    }
    const { kvHeads } = this.#config;
    const dims = [1, kvHeads, length, headDim];
    for (let layer = 0; layer < layers; layer++) {
      const { keys, values } = joinedParts(beginning, layer, { kvHeads, headDim });
      feeds[IN.pastKey(layer)] = float32(keys, dims);
      feeds[IN.pastValue(layer)] = float32(values, dims);
    }
    return feeds;
  }

  #rotary(length: number): Tables {
    if (this.#tables.positions < length) {
      const positions = Math.max(length, 2 * this.#tables.positions, 256);
      this.#tables = { positions, ...rotaryTables(this.#config, positions) };
    }
    return this.#tables;
  }
}

/** Builds the mask `[time, start + time]`: 0 up to each token, a large negative number after it. */
function maskAfter(start: number, time: number): Float32Array {
  const width = start + time;
  const mask = new Float32Array(time * width);
  for (let row = 0; row < time; row++) mask.fill(-1e9, row * width + start + row + 1, (row + 1) * width);
  return mask;
}
