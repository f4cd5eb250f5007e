/**
 * Sentence BLEU-4, as NLTK's `sentence_bleu` with `SmoothingFunction(epsilon=0.1).method1` computes it.
 *
 * Not a translation metric here: it says how much one question repeats another (spec 1.4, step 5).
 * One reference, uniform weights, case-sensitive tokens split as Python's `str.split()` does.
 * All pairs of a batch go through an inverted index (`ngrams.ts`): pairs without a shared word cost nothing,
 * and a pair's logarithms come from tables. Next: `cluster.ts` groups the distances, `repetition.ts` joins both.
 */

import { ORDERS, type OrderProfile, profile } from './ngrams.ts';
import { expRounded, logRounded } from './rounded.ts';

const EPSILON = 0.1;

/** BLEU-4 of `hypothesis` against one `reference`, 0..1. Not symmetric. */
export function sentenceBleu(reference: string, hypothesis: string): number {
  const distances = pairwiseBleuDistances([hypothesis, reference]);
  return 1 - distances[0];
}

/**
 * 1 − BLEU(reference = j, hypothesis = i) for all i < j, in SciPy's condensed order (row by row of
 * the upper triangle): n(n−1)/2 values, 8 bytes each, and little memory beside them.
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
 * For every hypothesis the smallest 1 − BLEU against any single one of the references: 1 where none shares
 * a word, or there is none.
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

/** Clipped matches of text i's n-grams with every later text, added into `matches`. */
function countLaterMatches(profile: OrderProfile, i: number, matches: Int32Array): void {
  const { starts, grams, counts, postings, holders, held } = profile;
  for (let g = starts[i]; g < starts[i + 1]; g++) {
    const first = postings[grams[g]];
    // Backwards, since holders ascend and only the later texts matter.
    for (let p = postings[grams[g] + 1] - 1; p >= first && holders[p] > i; p--)
      matches[holders[p]] += Math.min(counts[g], held[p]);
  }
}

/** Clipped matches of text i's n-grams with every text before `end`, added into `matches`. */
function countEarlierMatches(profile: OrderProfile, i: number, end: number, matches: Int32Array): void {
  const { starts, grams, counts, postings, holders, held } = profile;
  for (let g = starts[i]; g < starts[i + 1]; g++) {
    const last = postings[grams[g] + 1];
    for (let p = postings[grams[g]]; p < last && holders[p] < end; p++)
      matches[holders[p]] += Math.min(counts[g], held[p]);
  }
}

interface Scorer {
  /** Clipped matches with each text, per order; whoever counts fills them. */
  matches: Int32Array[];
  /** From here on text i is the hypothesis. */
  setHypothesis(i: number): void;
  /** BLEU of the hypothesis against text j, from the matches; they must share a word. */
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

/** Gives, for a number of n-grams, ¼ ln(matched / total) by `matched` (ε for none), each table made once. */
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

/** The exact sum of four numbers, rounded once, as Python's `math.fsum` gives it. */
function sumOfFour(a: number, b: number, c: number, d: number): number {
  const two = a + b;
  const three = two + c;
  const four = three + d;
  return four + (restOfSum(a, b, two) + restOfSum(two, c, three) + restOfSum(three, d, four));
}

/** What rounding took from a + b = sum (Knuth). */
function restOfSum(a: number, b: number, sum: number): number {
  const part = sum - a;
  return a - (sum - part) + (b - part);
}
