/** The model that is timed instead of the asked one. Pure. */

import { type DecoderConfig, parameterCount } from '../../../models/decoder-config.ts';

/** Models up to this size are timed whole; larger ones are reduced to about this size. */
const ENOUGH_PARAMETERS = 30e6;
/** A model of one layer with more parameters is made narrower. */
const MOST_PARAMETERS = 150e6;

export interface TrialModel {
  decoder: DecoderConfig;
  /** Times of the asked model per time of `decoder`. */
  scale: number;
}

/**
 * Returns a model with fewer layers and a vocabulary reduced in the same proportion, so that layers and output matrix
 * keep their shares of the time. Their products have the same width, so they are as fast.
 */
export function trialModelOf(asked: DecoderConfig): TrialModel {
  const wanted = (asked.layers * ENOUGH_PARAMETERS) / parameterCount(asked);
  const layers = Math.min(asked.layers, Math.max(1, Math.round(wanted)));
  let decoder = { ...asked, layers, vocabulary: Math.ceil((asked.vocabulary * layers) / asked.layers) };
  while (parameterCount(decoder) > MOST_PARAMETERS) decoder = narrower(decoder);
  return { decoder, scale: parameterCount(asked) / parameterCount(decoder) };
}

function narrower(decoder: DecoderConfig): DecoderConfig {
  const kvHeads = Math.max(1, Math.floor(decoder.kvHeads / 2));
  return {
    ...decoder,
    hidden: Math.ceil(decoder.hidden / 2),
    intermediate: Math.ceil(decoder.intermediate / 2),
    kvHeads,
    heads: Math.ceil(decoder.heads / decoder.kvHeads) * kvHeads,
  };
}
