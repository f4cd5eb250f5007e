/** When two samplers side by side are faster than one of all threads. Measured: docs/adr/0047-two-samplers.md. */

import { type DecoderConfig, parameterCount } from '../../../../models/decoder-config.ts';

/** Number of samplers of a pair, each of one thread. */
export const SIDES = 2;

/** The pair was faster at 1 and 5 million parameters, and about as fast at 29 million, for two copies of the weights. */
export const MOST_PARAMETERS = 16e6;

/** With fewer completions, a side has so few rows that two threads on all of them are as fast. */
export const FEWEST_COMPLETIONS = 8;

/**
 * Returns whether a model is sampled by a pair, which takes one thread for each side. Other numbers of threads were not
 * measured.
 */
export function pairSuits(config: DecoderConfig, threads: number): boolean {
  return threads === SIDES && parameterCount(config) <= MOST_PARAMETERS;
}
