/**
 * Sentence BLEU-4, equal to NLTK's `sentence_bleu` with `SmoothingFunction(epsilon=0.1).method1`: one
 * reference, uniform weights, case-sensitive tokens split as Python's `str.split()` does.
 *
 * It measures how much one question repeats another (R-Zero section 3.2, repetition penalty), not translation
 * quality. All pairs of a batch use one inverted index (`ngrams.ts`): pairs without a shared word cost
 * nothing, and logarithms come from tables. Next: `cluster.ts` clusters the distances, `repetition.ts`
 * combines both.
 */

import { ORDERS, type OrderProfile, profile } from './ngrams.ts';
import { expRounded, logRounded } from './rounded.ts';

const EPSILON = 0.1;

/** Computes BLEU-4 of `hypothesis` against one `reference`, in 0..1. Not symmetric. */
export function sentenceBleu(reference: string, hypothesis: string): number {
  const distances = pairwiseBleuDistances([hypothesis, reference]);
  return 1 - distances[0];
}

/**
 * Computes 1 − BLEU(reference = j, hypothesis = i) for all i < j. Returns n(n−1)/2 values (8 bytes each) in
 * SciPy's condensed order: row by row of the upper triangle. Uses little other memory.
 */
export function pairwiseBleuDistances(texts: readonly string[]): Float64Array {
  const n = texts.length;
  const profiles = profile(texts);
  const distances = new Float64Array((n * (n - 1)) / 2).fill(1);
  const scorer = createScorer(profiles);
  let row = 0;
  for (let i = 0; i < n; i++) {
    profiles.forEach((order, at) => countLaterMatches(order, i, scorer.matches[at]));
    scorer.setHypothesis(i);
    for (let j = i + 1; j < n; j++) {
      if (scorer.matches[0][j] > 0) distances[row + j - i - 1] = 1 - scorer.bleu(j);
    }
    scorer.clear();
    row += n - 1 - i;
  }
  return distances;
}

/**
 * Computes for every hypothesis the smallest 1 − BLEU against any single reference. It is 1 if no reference
 * shares a word, or if there are no references.
 */
export function nearestBleuDistances(hypotheses: readonly string[], references: readonly string[]): Float64Array {
  const known = references.length;
  const profiles = profile([...references, ...hypotheses]);
  const scorer = createScorer(profiles);
  return Float64Array.from(hypotheses, (_, at) => {
    profiles.forEach((order, o) => countEarlierMatches(order, known + at, known, scorer.matches[o]));
    scorer.setHypothesis(known + at);
    let best = 0;
    for (let j = 0; j < known; j++) {
      if (scorer.matches[0][j] > 0) best = Math.max(best, scorer.bleu(j));
    }
    scorer.clear();
    return 1 - best;
  });
}

/** Adds the clipped n-gram matches of text i with every later text to `matches`. */
function countLaterMatches(profile: OrderProfile, i: number, matches: Int32Array): void {
  const { starts, grams, counts, postings, holders, held } = profile;
  for (let g = starts[i]; g < starts[i + 1]; g++) {
    const first = postings[grams[g]];
    // Iterates backwards: holders ascend, and only the later texts matter.
    for (let p = postings[grams[g] + 1] - 1; p >= first && holders[p] > i; p--)
      matches[holders[p]] += Math.min(counts[g], held[p]);
  }
}

/** Adds the clipped n-gram matches of text i with every text before `end` to `matches`. */
function countEarlierMatches(profile: OrderProfile, i: number, end: number, matches: Int32Array): void {
  const { starts, grams, counts, postings, holders, held } = profile;
  for (let g = starts[i]; g < starts[i + 1]; g++) {
    const last = postings[grams[g] + 1];
    for (let p = postings[grams[g]]; p < last && holders[p] < end; p++)
      matches[holders[p]] += Math.min(counts[g], held[p]);
  }
}

interface Scorer {
  /** Clipped matches with each text, per order. The caller fills them. */
  matches: Int32Array[];
  /** Makes text i the hypothesis. */
  setHypothesis(i: number): void;
  /** Computes BLEU of the hypothesis against text j from the matches. The two must share a word. */
  bleu(j: number): number;
  clear(): void;
}

function createScorer(profiles: readonly OrderProfile[]): Scorer {
  const [{ lengths }] = profiles;
  const matches = Array.from({ length: ORDERS }, () => new Int32Array(lengths.length));
  const [first, second, third, fourth] = matches;
  const tables = createLogTables();
  let logs: Float64Array[] = [];
  let length = 0;
  return {
    matches,
    setHypothesis(i) {
      length = lengths[i];
      logs = matches.map((_, order) => tables(Math.max(1, length - order)));
    },
    bleu(j) {
      const sum = sumOfFour(logs[0][first[j]], logs[1][second[j]], logs[2][third[j]], logs[3][fourth[j]]);
      const brevity = length > lengths[j] ? 1 : expRounded(1 - lengths[j] / length);
      return brevity * expRounded(sum);
    },
    clear: () => matches.forEach((counts) => counts.fill(0)),
  };
}

/**
 * Returns a function from a number of n-grams to a table of ¼ ln(matched / total), indexed by `matched` (ε
 * for 0). Each table is computed once.
 */
function createLogTables(): (total: number) => Float64Array {
  const tables = new Map<number, Float64Array>();
  return (total) => {
    const known = tables.get(total);
    if (known !== undefined) return known;
    const table = Float64Array.from(
      { length: total + 1 },
      (_, matched) => logRounded((matched === 0 ? EPSILON : matched) / total) / ORDERS,
    );
    tables.set(total, table);
    return table;
  };
}

/** Computes the exact sum of four numbers, rounded once, as Python's `math.fsum` does. */
function sumOfFour(a: number, b: number, c: number, d: number): number {
  const two = a + b;
  const three = two + c;
  const four = three + d;
  return four + (restOfSum(a, b, two) + restOfSum(two, c, three) + restOfSum(three, d, four));
}

/** Returns the rounding error of a + b = sum (Knuth). */
function restOfSum(a: number, b: number, sum: number): number {
  const part = sum - a;
  return a - (sum - part) + (b - part);
}
