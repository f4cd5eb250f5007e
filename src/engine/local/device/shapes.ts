/** The models that a measurement runs: small ones of the asked model's family. Pure. */

import { type DecoderConfig, decoderTensors, parameterCount, type Weights } from '../../../models/decoder-config.ts';
import { Random } from '../../../random.ts';

const MOST_VOCABULARY = 512;
/** Models up to this size are measured whole. */
const WHOLE_PARAMETERS = 30e6;
const MEASURED_LAYERS = [1, 3] as const;

/**
 * Returns a decoder of two layers with the same operators as `asked`: its head size, its ratio of query to key heads,
 * its norms, biases and rotary embedding.
 */
export function tinyDecoder(asked: DecoderConfig): DecoderConfig {
  const group = Math.max(1, Math.min(4, asked.heads / asked.kvHeads));
  return {
    ...asked,
    layers: Math.min(2, asked.layers),
    kvHeads: 2,
    heads: 2 * group,
    hidden: Math.min(64, asked.hidden),
    intermediate: Math.min(96, asked.intermediate),
    vocabulary: Math.min(MOST_VOCABULARY, asked.vocabulary),
  };
}

/** Returns the decoders whose times give those of `asked`: itself, or two that differ from it in their layers only. */
export function timedDecoders(asked: DecoderConfig): DecoderConfig[] {
  if (parameterCount(asked) <= WHOLE_PARAMETERS || asked.layers <= MEASURED_LAYERS[1]) return [asked];
  return MEASURED_LAYERS.map((layers) => ({ ...asked, layers }));
}

/**
 * Returns the seconds for `layers` from those measured with fewer: a model's time is that of its embedding and output,
 * and the same for every layer. At least the longest measured time.
 */
export function extrapolate(measured: readonly { layers: number; seconds: number }[], layers: number): number {
  const [first, last] = [measured[0], measured[measured.length - 1]];
  if (first.layers === last.layers) return last.seconds;
  const perLayer = (last.seconds - first.seconds) / (last.layers - first.layers);
  return Math.max(first.seconds, last.seconds, first.seconds + perLayer * (layers - first.layers));
}

/** Bytes of the largest tensor in float32. */
export function largestTensor(decoder: DecoderConfig): number {
  const sizes = decoderTensors(decoder).map(({ shape }) => shape.reduce((size, length) => size * length, 4));
  return Math.max(...sizes);
}

const BLOCK = 4093;

/** Returns random weights that repeat after a while: their values do not change how long products take. */
export function timingWeights(decoder: DecoderConfig): Weights {
  const random = new Random(1);
  const block = Float32Array.from({ length: BLOCK }, () => 0.02 * random.normal());
  return new Map(
    decoderTensors(decoder).map(({ name, shape }) => {
      const data = new Float32Array(shape.reduce((size, length) => size * length, 1));
      if (shape.length === 1) data.fill(name.endsWith('.bias') ? 0 : 1);
      else for (let at = 0; at < data.length; at += BLOCK) data.set(block.subarray(0, data.length - at), at);
      return [name, { shape, data }];
    }),
  );
}
