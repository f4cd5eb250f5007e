import type { SamplingOptions } from './engine.ts';

/** The five dials of sampling, which sections of the config hold among others. */
export type SamplingDials = Pick<SamplingOptions, 'temperature' | 'topP' | 'topK' | 'minP' | 'maxTokens'>;

/** Only the sampling dials of a larger object. */
export function samplingOptions(from: SamplingDials): Required<SamplingDials> {
  const { temperature, topP, topK, minP = 0, maxTokens } = from;
  return { temperature, topP, topK, minP, maxTokens };
}
