/**
 * Prepares the inputs of every graph over whole sequences: tokens, masks, rotary tables and weights. The
 * graphs are in `training-graph.ts`, `layer-graphs.ts` and `sampling/decoding-graph.ts`.
 */

import { modelTensors } from '../../../models/adapters/adapter.ts';
import type { AdapterShape } from '../../../types.ts';
import type { DecoderConfig } from '../../../models/decoder-config.ts';
import { SEQUENCE_INPUTS as IN } from './causal-attention.ts';
import { rotaryTables } from '../decoder.ts';
import type { TokenTree } from './micro-batch.ts';
import type { Feed } from '../memory/tensors.ts';
import { float32, int32, int64, type Feeds } from '../session.ts';

interface Tables {
  positions: number;
  cosine: Float32Array;
  sine: Float32Array;
  negativeSine: Float32Array;
}

export class SequenceFeeds {
  #config: DecoderConfig;
  #tensors: readonly { name: string; shape: number[] }[];
  #tables: Tables = {
    positions: 0,
    cosine: new Float32Array(0),
    sine: new Float32Array(0),
    negativeSine: new Float32Array(0),
  };

  constructor(config: DecoderConfig, adapter: AdapterShape | null = null) {
    this.#config = config;
    this.#tensors = modelTensors(config, adapter);
  }

  /**
   * Builds all inputs of a graph.
   *
   * @param sequences token ids, each at most `time` long
   * @param selected flat rows (batch × time) whose distributions are needed
   * @param tree if the one row contains several sequences
   */
  of(
    weights: Feed,
    sequences: readonly Int32Array[],
    time: number,
    selected: Int32Array,
    tree: TokenTree | null = null,
  ): Feeds {
    const tokens = flatTokens(sequences, time);
    const feeds: Feeds = {
      ...this.ofAttention(sequences.length, time, tree),
      [IN.tokens]: int32(tokens, [tokens.length]),
      [IN.selected]: int32(selected, [selected.length]),
    };
    for (const { name } of this.#tensors) {
      const tensor = weights(name);
      if (tensor !== undefined) feeds[name] = tensor;
    }
    return feeds;
  }

  /** Builds the inputs of `causalAttention` for `count` sequences padded to `time` tokens, or for a tree of them. */
  ofAttention(count: number, time: number, tree: TokenTree | null = null): Feeds {
    const tables = tree === null ? this.#rotary(time) : this.#rotaryAt(tree.positions);
    const dims = [tables.positions, this.#config.headDim / 2];
    return {
      [IN.extent]: int64([count, time]),
      [IN.mask]: float32(tree?.mask ?? causalMask(time), [time, time]),
      [IN.cosine]: float32(tables.cosine, dims),
      [IN.sine]: float32(tables.sine, dims),
      [IN.negativeSine]: float32(tables.negativeSine, dims),
    };
  }

  /** Tables of consecutive rows whose positions are not consecutive. */
  #rotaryAt(positions: Int32Array): Tables {
    const { cosine, sine, negativeSine } = this.#rotary(Math.max(...positions) + 1);
    const half = this.#config.headDim / 2;
    const gathered = (table: Float32Array): Float32Array => {
      const rows = new Float32Array(positions.length * half);
      positions.forEach((position, row) =>
        rows.set(table.subarray(position * half, (position + 1) * half), row * half),
      );
      return rows;
    };
    return {
      positions: positions.length,
      cosine: gathered(cosine),
      sine: gathered(sine),
      negativeSine: gathered(negativeSine),
    };
  }

  #rotary(time: number): Tables {
    if (this.#tables.positions < time) {
      const positions = Math.max(time, 2 * this.#tables.positions, 128);
      const { cosine, sine } = rotaryTables(this.#config, positions);
      this.#tables = { positions, cosine, sine, negativeSine: sine.map((value) => -value) };
    }
    return this.#tables;
  }
}

/** Flattens sequences to consecutive right-padded rows of `time` tokens. */
export function flatTokens(sequences: readonly Int32Array[], time: number): Int32Array {
  const tokens = new Int32Array(sequences.length * time);
  sequences.forEach((sequence, row) => tokens.set(sequence, row * time));
  return tokens;
}

/** Builds the mask `[T, T]`: 0 on and below the diagonal, a large negative number above. */
function causalMask(time: number): Float32Array {
  const mask = new Float32Array(time * time);
  for (let row = 0; row < time; row++) mask.fill(-1e9, row * time + row + 1, (row + 1) * time);
  return mask;
}
