/**
 * Average-linkage agglomerative clustering with a distance threshold (UPGMA), by the nearest-neighbour chain
 * algorithm: O(n²) time, and one condensed matrix of memory (8 bytes per pair).
 *
 * Returns the same partition as scikit-learn's `AgglomerativeClustering(n_clusters=None,
 * metric='precomputed', linkage='average', distance_threshold=t)`, including ties: chain order, preferences,
 * merges and arithmetic follow SciPy. Distances above the threshold are needed too, because they can decide
 * ties. Next: `repetition.ts`.
 */

/** Returns the index of the pair (i, j), i ≠ j, in a condensed distance matrix of n points. */
export function condensedIndex(n: number, i: number, j: number): number {
  return i < j ? i * n - (i * (i + 1)) / 2 + (j - i - 1) : j * n - (j * (j + 1)) / 2 + (i - j - 1);
}

/**
 * Assigns each point a label 0..k−1, numbered by first appearance. Two clusters stay separate if their mean
 * distance is ≥ `threshold`.
 *
 * @param distances condensed, n(n−1)/2 finite values; not modified.
 */
export function averageLinkage(distances: Float64Array, n: number, threshold: number): Int32Array {
  return averageLinkageInPlace(distances.slice(), n, threshold);
}

/** Does the same as `averageLinkage` without a second matrix: `distances` is overwritten. */
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

/** The remaining clusters, in slots. Merging cluster `a` into `b`, a < b, leaves slot `a` empty. */
interface Slots {
  /** Condensed distances of the slots, at the front of the matrix. */
  d: Float64Array;
  n: number;
  /** Points per slot; 0 means empty. */
  sizes: Int32Array;
  /** Largest point of each slot. */
  points: Int32Array;
  used: number;
}

/** Returns all n−1 merges in the order of the chain. A cluster is identified by its largest member. */
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

/**
 * Extends the chain until its last two are each other's nearest neighbours. Removes and returns them, a < b.
 */
function growToMutualNeighbours({ d, n, sizes }: Slots, chain: number[]): Merge {
  for (;;) {
    const x = chain[chain.length - 1];
    const before = chain.length > 1 ? chain[chain.length - 2] : -1;
    let nearest = before;
    // The previous cluster wins ties; otherwise the chain could cycle.
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

/** Merges cluster a into cluster b. The new distances are the size-weighted means. */
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
 * Removes empty slots, so that later searches scan at most half the memory. The order of the slots does not
 * change, so ties are decided the same way. Returns the chain in the new slots.
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
