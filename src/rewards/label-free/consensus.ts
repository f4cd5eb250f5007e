/** Consensus of texts: how much an attempt has in common with the other attempts of its group. */

/**
 * Computes for every text the mean similarity with the other texts: Dice's coefficient of their bigrams of words, 0..1.
 * A single text has no others and gets 0. The result does not depend on the order of the texts.
 */
export function consensus(texts_G: readonly string[]): Float64Array {
  const bags_G = texts_G.map(bigramsOf);
  const sums_G = new Float64Array(texts_G.length);
  bags_G.forEach((one, i) => {
    for (let j = i + 1; j < bags_G.length; j++) {
      const similar = dice(one, bags_G[j]);
      sums_G[i] += similar;
      sums_G[j] += similar;
    }
  });
  return sums_G.map((sum) => (texts_G.length < 2 ? 0 : sum / (texts_G.length - 1)));
}

/** Bigrams with the number of times that each occurs. */
interface Bag {
  counts: ReadonlyMap<string, number>;
  size: number;
}

/** The ends of a text count as words, so that a text of one word has bigrams too. */
function bigramsOf(text: string): Bag {
  const words = ['', ...text.split(/\s+/).filter((word) => word !== ''), ''];
  const counts = new Map<string, number>();
  for (let at = 1; at < words.length; at++) {
    const bigram = `${words[at - 1]} ${words[at]}`;
    counts.set(bigram, (counts.get(bigram) ?? 0) + 1);
  }
  return { counts, size: words.length - 1 };
}

function dice(a: Bag, b: Bag): number {
  let shared = 0;
  for (const [bigram, count] of a.counts) shared += Math.min(count, b.counts.get(bigram) ?? 0);
  return (2 * shared) / (a.size + b.size);
}
