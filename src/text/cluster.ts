/**
 * Average-linkage agglomerative clustering with a distance threshold (UPGMA), by the
 * nearest-neighbour chain: O(n²) time, one condensed matrix of memory (8 bytes a pair).
 *
 * Gives the partition of scikit-learn's `AgglomerativeClustering(n_clusters=None, metric='precomputed',
 * linkage='average', distance_threshold=t)`, ties included: the chain grows, prefers and merges in
 * SciPy's order, with its arithmetic, over all distances. (Clusters below the threshold lie within components
 * of the pairs below it, since a mean < t needs one pair < t; but who wins a tie inside a component depends on
 * where the chain comes from, so leaving the other distances out would not be exact.) Not a general library. Next: `repetition.ts`.
 */

/** Index of the pair (i, j), i ≠ j, in a condensed distance matrix over n points. */
export function condensedIndex(n: number, i: number, j: number): number {
  return i < j ? i * n - (i * (i + 1)) / 2 + (j - i - 1) : j * n - (j * (j + 1)) / 2 + (i - j - 1);
}

/**
 * A label 0..k−1 per point, numbered by first appearance. Two clusters stay apart when their mean
 * distance is ≥ `threshold`.
 *
 * @param distances condensed, n(n−1)/2 finite values; not modified.
 */
export function averageLinkage(distances: Float64Array, n: number, threshold: number): Int32Array {
  return averageLinkageInPlace(distances.slice(), n, threshold);
}

/** `averageLinkage` without a second matrix: `distances` is its working memory, and worthless afterwards. */
export function averageLinkageInPlace(distances: Float64Array, n: number, threshold: number): Int32Array {
  const parent = Int32Array.from({ length: n }, (_, point) => point);
  for (const { a, b, distance } of mergeTree(distances, n)) {
    if (distance < threshold) parent[find(parent, a)] = find(parent, b);
  }
  return numberByAppearance(parent);
}

interface Merge {
  a: number;
  b: number;
  distance: number;
}

/** The clusters that are left, in slots: cluster `a` joined into `b`, a < b, leaves slot `a` empty. */
interface Slots {
  /** Condensed distances of the slots, in the front of the matrix. */
  d: Float64Array;
  n: number;
  /** Points per slot; 0 is empty. */
  sizes: Int32Array;
  /** Largest point of each slot. */
  points: Int32Array;
  used: number;
}

/** All n−1 merges, in the chain's order; a cluster goes by its largest-index member. */
function mergeTree(d: Float64Array, n: number): Merge[] {
  const points = Int32Array.from({ length: n }, (_, point) => point);
  const slots: Slots = { d, n, sizes: new Int32Array(n).fill(1), points, used: n };
  let chain: number[] = [];
  const merges: Merge[] = [];
  while (slots.used > 1) {
    if (chain.length === 0) chain.push(slots.sizes.findIndex((size) => size > 0));
    const { a, b, distance } = growToMutualNeighbours(slots, chain);
    merges.push({ a: slots.points[a], b: slots.points[b], distance });
    absorb(slots, a, b);
    if (slots.used * 2 < slots.n) chain = compact(slots, chain);
  }
  return merges;
}

/** Extends the chain until its last two are each other's nearest; takes them off, a < b. */
function growToMutualNeighbours({ d, n, sizes }: Slots, chain: number[]): Merge {
  for (;;) {
    const x = chain[chain.length - 1];
    const before = chain.length > 1 ? chain[chain.length - 2] : -1;
    let nearest = before;
    // The one before wins ties, or the chain could run in circles.
    let distance = before >= 0 ? d[condensedIndex(n, x, before)] : Infinity;
    for (let i = 0, column = x - 1; i < x; i++) {
      if (sizes[i] > 0 && d[column] < distance) {
        distance = d[column];
        nearest = i;
      }
      column += n - 2 - i;
    }
    const row = condensedIndex(n, x, x + 1);
    for (let i = x + 1; i < n; i++) {
      if (sizes[i] > 0 && d[row + i - x - 1] < distance) {
        distance = d[row + i - x - 1];
        nearest = i;
      }
    }
    if (nearest === before) {
      chain.length -= 2;
      return { a: Math.min(x, before), b: Math.max(x, before), distance };
    }
    chain.push(nearest);
  }
}

/** Cluster b takes in cluster a: its distances become the size-weighted means. */
function absorb(slots: Slots, a: number, b: number): void {
  const { d, n, sizes } = slots;
  const sizeA = sizes[a];
  const sizeB = sizes[b];
  sizes[a] = 0;
  sizes[b] = sizeA + sizeB;
  slots.used--;
  for (let i = 0; i < n; i++) {
    if (sizes[i] === 0 || i === b) continue;
    const at = condensedIndex(n, i, b);
    d[at] = (sizeA * d[condensedIndex(n, i, a)] + sizeB * d[at]) / (sizeA + sizeB);
  }
}

/**
 * Closes the gaps of empty slots, so that later searches walk over half as much memory. The order of the
 * slots stays, and with it who wins a tie. Gives the chain in the new slots.
 */
function compact(slots: Slots, chain: readonly number[]): number[] {
  const { d, n, sizes, points } = slots;
  const kept = Array.from(sizes.keys()).filter((slot) => sizes[slot] > 0);
  let size = 0;
  // Every distance moves towards the front, so none is overwritten before it is read.
  for (let i = 0; i < kept.length; i++) {
    for (let j = i + 1; j < kept.length; j++) d[size++] = d[condensedIndex(n, kept[i], kept[j])];
  }
  slots.n = kept.length;
  slots.sizes = Int32Array.from(kept, (slot) => sizes[slot]);
  slots.points = Int32Array.from(kept, (slot) => points[slot]);
  return chain.map((slot) => kept.indexOf(slot));
}

function find(parent: Int32Array, point: number): number {
  let root = point;
  while (parent[root] !== root) root = parent[root];
  while (parent[point] !== root) [point, parent[point]] = [parent[point], root];
  return root;
}

function numberByAppearance(parent: Int32Array): Int32Array {
  const numbers = new Map<number, number>();
  return Int32Array.from(parent, (_, point) => {
    const root = find(parent, point);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  });
}
