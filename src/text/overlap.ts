/** How much texts share: bigram overlap, for consensus and for distinctness. Pure. */

import { tokenize } from './ngrams.ts';

/** Marks the ends of a text, so that a text of one word has bigrams as well. */
const EDGE = '';

/** Returns the bigrams of a text with their counts: of lower-case words, with the ends of the text as words. */
export function bigrams(text: string): Map<string, number> {
  const words = [EDGE, ...tokenize(text.toLowerCase()), EDGE];
  const counts = new Map<string, number>();
  for (let at = 0; at + 1 < words.length; at++) {
    const pair = `${words[at]} ${words[at + 1]}`;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return counts;
}

/** Returns the Dice coefficient of two bags of bigrams, 0..1: twice the shared ones / all. 1 if both are equal. */
export function bigramOverlap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0;
  for (const [pair, count] of a) shared += Math.min(count, b.get(pair) ?? 0);
  return (2 * shared) / (sizeOf(a) + sizeOf(b));
}

function sizeOf(bag: ReadonlyMap<string, number>): number {
  let size = 0;
  for (const count of bag.values()) size += count;
  return size;
}

/** Returns the mean overlap of each text with the others of its group, 0..1; 0 for a text without others. */
export function meanOverlaps(texts_G: readonly string[]): number[] {
  const bags = texts_G.map(bigrams);
  return bags.map((bag, at) => {
    const others = bags.filter((_, other) => other !== at).map((other) => bigramOverlap(bag, other));
    return others.length === 0 ? 0 : others.reduce((sum, one) => sum + one, 0) / others.length;
  });
}

/** Returns the distinct bigrams of a group / all of its bigrams, in (0, 1]: a measure of variety. */
export function distinctBigrams(texts_G: readonly string[]): number {
  const bags = texts_G.map(bigrams);
  const all = bags.reduce((sum, bag) => sum + sizeOf(bag), 0);
  return all === 0 ? 1 : new Set(bags.flatMap((bag) => [...bag.keys()])).size / all;
}
