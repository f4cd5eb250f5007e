/** From which number of rows on the bits of a product do not depend on it (docs/adr/0017-sampling-to-the-same-bits.md). */

import type { DecoderConfig } from '../../../../models/decoder-config.ts';
import type { AdapterShape } from '../../../../types.ts';

/** Fewest rows of the products of a batch: its tokens, and the distributions that it returns. */
export interface FewestRows {
  tokens: number;
  distributions: number;
}

/** The runtime divides columns in multiples of 16, and sums a part of at most 64 columns in other blocks. */
const PART = 16;
const NARROW = 64;
/** Terms that the runtime sums in one block, whatever the number of columns. */
const BLOCK_TERMS = 128;

/**
 * Returns from which number of rows on the bits of a product with a matrix of the model do not depend on it. A single
 * row is computed by another kernel. With several threads, the runtime divides a product that has fewer rows than
 * columns by columns, and the sums of narrow parts have other last bits.
 */
export function fewestRows(
  { heads, kvHeads, headDim, hidden, intermediate, vocabulary }: DecoderConfig,
  threads: number,
  adapter: AdapterShape | null,
): FewestRows {
  const isNarrow = (columns: number): boolean => threads > 1 && columns < (NARROW + PART) * threads;
  const rowsFor = (...columns: number[]): number => Math.max(2, ...columns.filter(isNarrow));
  const ranks = adapter === null ? [] : [adapter.rank];
  return {
    tokens: rowsFor(heads * headDim, kvHeads * headDim, hidden, intermediate, ...ranks),
    distributions: rowsFor(vocabulary),
  };
}

/**
 * Returns the fewest sequences for the same bits of attention over `length` tokens, of which the last `time` run, with
 * heads of at most 128. The runtime divides the product of one key head by columns if it has fewer rows than columns,
 * unless there are as many products as threads.
 */
export function fewestSequences(
  { heads, kvHeads, headDim }: DecoderConfig,
  threads: number,
  { time, length }: { time: number; length: number },
): number {
  const mayDivide = (heads / kvHeads) * time <= headDim && length > BLOCK_TERMS;
  return mayDivide ? Math.ceil(threads / kvHeads) : 1;
}

/** Repeats the first item until there are `least`. */
export function repeated<T>(items: readonly T[], least: number): T[] {
  return [...items, ...Array.from({ length: Math.max(0, least - items.length) }, () => items[0])];
}
