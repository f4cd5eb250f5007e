/**
 * Average-linkage agglomerative clustering with a distance threshold (UPGMA), by the
 * nearest-neighbour chain: O(n²) time, one condensed matrix of memory.
 *
 * Gives the partition of scikit-learn's `AgglomerativeClustering(n_clusters=None, metric='precomputed',
 * linkage='average', distance_threshold=t)`, ties included: the chain grows, prefers and merges in
 * SciPy's order. Not a general clustering library. Next: `repetition.ts`.
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
  const merges = mergeTree(distances, n).filter((merge) => merge.distance < threshold);
  const parent = Int32Array.from({ length: n }, (_, point) => point);
  for (const { a, b } of merges) parent[find(parent, a)] = find(parent, b);
  return numberByAppearance(parent);
}

interface Merge {
  a: number;
  b: number;
  distance: number;
}

/** All n−1 merges, in the chain's order; a cluster goes by its largest-index member's slot. */
function mergeTree(distances: Float64Array, n: number): Merge[] {
  const d = distances.slice();
  const sizes = new Int32Array(n).fill(1);
  const chain: number[] = [];
  const merges: Merge[] = [];
  let start = 0;
  while (merges.length < n - 1) {
    if (chain.length === 0) {
      while (sizes[start] === 0) start++;
      chain.push(start);
    }
    const { a, b, distance } = growToMutualNeighbours(d, n, sizes, chain);
    absorb(d, n, sizes, a, b);
    merges.push({ a, b, distance });
  }
  return merges;
}

/** Extends the chain until its last two are each other's nearest; takes them off, a < b. */
function growToMutualNeighbours(d: Float64Array, n: number, sizes: Int32Array, chain: number[]): Merge {
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
function absorb(d: Float64Array, n: number, sizes: Int32Array, a: number, b: number): void {
  const sizeA = sizes[a];
  const sizeB = sizes[b];
  sizes[a] = 0;
  sizes[b] = sizeA + sizeB;
  for (let i = 0; i < n; i++) {
    if (sizes[i] === 0 || i === b) continue;
    const at = condensedIndex(n, i, b);
    d[at] = (sizeA * d[condensedIndex(n, i, a)] + sizeB * d[at]) / (sizeA + sizeB);
  }
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
