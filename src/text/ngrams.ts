/**
 * The n-grams of many texts as small integers, with an inverted index: which texts contain an n-gram, and how
 * often. Tokens are those of Python's `str.split()`, as usual for BLEU, not those of a model's tokenizer.
 * Next: `bleu.ts`.
 */

/** Highest n-gram order. */
export const ORDERS = 4;

/** White space as Python defines it: Unicode's, plus the four separators U+001C..1F. */
const PYTHON_SPACE = new RegExp(`[\\p{White_Space}${String.fromCharCode(0x1c, 0x1d, 0x1e, 0x1f)}]+`, 'u');

/** Splits like Python's `text.split()`: no empty tokens, no trimming needed. */
export function tokenize(text: string): string[] {
  return text.split(PYTHON_SPACE).filter((token) => token !== '');
}

/** The n-grams of one order over all texts, and for each n-gram the texts that contain it. */
export interface OrderProfile {
  /** n-grams per text. */
  lengths: Int32Array;
  /** Text i's distinct n-grams are `grams[starts[i] .. starts[i+1]]`; `counts` has the same layout. */
  starts: Int32Array;
  grams: Int32Array;
  counts: Int32Array;
  /** Texts that contain n-gram g, ascending: `holders[postings[g] .. postings[g+1]]`, each `held` times. */
  postings: Int32Array;
  holders: Int32Array;
  held: Int32Array;
}

/** Returns one profile per order, unigrams first. */
export function profile(texts: readonly string[]): OrderProfile[] {
  const words = new Map<string, number>();
  const tokens = texts.map((text) => Int32Array.from(tokenize(text), (token) => intern(words, token)));
  const profiles: OrderProfile[] = [];
  // An n-gram's id encodes (id of its first n−1 tokens, last token), so each position holds one small
  // integer.
  let ids: Int32Array[] = tokens;
  for (let order = 0; order < ORDERS; order++) {
    if (order > 0) {
      const pairs = new Map<number, number>();
      const shorter = ids;
      ids = tokens.map((line, text) => extend(pairs, shorter[text], line, order));
    }
    profiles.push(profileOrder(ids));
  }
  return profiles;
}

function extend(pairs: Map<number, number>, prefixes: Int32Array, line: Int32Array, order: number): Int32Array {
  const ids = new Int32Array(Math.max(0, line.length - order));
  for (let at = 0; at < ids.length; at++) ids[at] = intern(pairs, prefixes[at] * 2 ** 26 + line[at + order]);
  return ids;
}

function intern<Key>(ids: Map<Key, number>, key: Key): number {
  const known = ids.get(key);
  if (known !== undefined) return known;
  ids.set(key, ids.size);
  return ids.size - 1;
}

function profileOrder(ids: readonly Int32Array[]): OrderProfile {
  const lengths = Int32Array.from(ids, (line) => line.length);
  const starts = new Int32Array(ids.length + 1);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const grams = new Int32Array(total);
  const counts = new Int32Array(total);
  let size = 0;
  let distinct = 0;
  ids.forEach((line, text) => {
    let previous = -1;
    for (const id of line.toSorted()) {
      if (id !== previous) grams[size++] = id;
      counts[size - 1]++;
      distinct = Math.max(distinct, id + 1);
      previous = id;
    }
    starts[text + 1] = size;
  });
  return { lengths, starts, grams, counts, ...invert(starts, grams, counts, distinct) };
}

function invert(
  starts: Int32Array,
  grams: Int32Array,
  counts: Int32Array,
  distinct: number,
): { postings: Int32Array; holders: Int32Array; held: Int32Array } {
  const texts = starts.length - 1;
  const size = starts[texts];
  const postings = new Int32Array(distinct + 1);
  for (let at = 0; at < size; at++) postings[grams[at] + 1]++;
  for (let g = 0; g < distinct; g++) postings[g + 1] += postings[g];
  const next = postings.slice();
  const holders = new Int32Array(size);
  const held = new Int32Array(size);
  for (let text = 0; text < texts; text++) {
    for (let at = starts[text]; at < starts[text + 1]; at++) {
      const slot = next[grams[at]]++;
      holders[slot] = text;
      held[slot] = counts[at];
    }
  }
  return { postings, holders, held };
}
