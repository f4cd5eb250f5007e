import type { SamplingOptions } from './engine.ts';

/** The five sampling settings, which sections of the config contain. */
export type SamplingDials = Pick<SamplingOptions, 'temperature' | 'topP' | 'topK' | 'minP' | 'maxTokens'>;

/** Picks the sampling settings of a larger object. */
export function samplingOptions(from: SamplingDials): Required<SamplingDials> {
  const { temperature, topP, topK, minP = 0, maxTokens } = from;
  return { temperature, topP, topK, minP, maxTokens };
}
