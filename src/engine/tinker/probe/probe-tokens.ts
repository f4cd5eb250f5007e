import type { BaseFacts } from '../base/base-folder.ts';

/** Ids below this are ordinary tokens in most vocabularies. */
const ORDINARY = 97;

/** Returns ordinary tokens to probe with: different for each `start`, none of them an end token. */
export function probeTokens(
  { vocabulary, eosIds }: Pick<BaseFacts, 'eosIds' | 'vocabulary'>,
  count: number,
  start = 2,
): Int32Array {
  const size = Math.min(vocabulary, ORDINARY);
  const usable = Array.from({ length: size }, (_, id) => id).filter((id) => !eosIds.includes(id));
  return Int32Array.from({ length: count }, (_, at) => usable[(5 * at + start) % usable.length]);
}
