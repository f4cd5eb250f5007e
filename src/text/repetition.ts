/**
 * Measures how much a batch of questions repeats itself: the share of the batch in each text's cluster.
 *
 * This is the text part of the Challenger's repetition penalty (R-Zero section 3.2). The reward in
 * `src/rewards` decides what a share costs.
 */
import { pairwiseBleuDistances } from './bleu.ts';
import { averageLinkageInPlace } from './cluster.ts';

/** Each text's cluster size, as a share of the batch. */
export interface ClusterShares {
  /** Size of text i's cluster / number of texts, in (0, 1]. */
  shares: Float64Array;
  /** Cluster of text i, numbered by first appearance. */
  labels: Int32Array;
  clusters: number;
}

/**
 * Clusters texts by the distance d(i, j) = 1 − BLEU(reference = j, hypothesis = i) for i < j, mirrored. BLEU
 * is not symmetric, so the order of the texts matters. Very short texts stay separate even if they are
 * identical, because smoothed BLEU of a one- or two-word text with itself is below ½.
 *
 * @param threshold mean distance at which clusters stay separate; the paper's is 0.5.
 */
export function clusterShares(texts: readonly string[], threshold: number): ClusterShares {
  const labels = averageLinkageInPlace(pairwiseBleuDistances(texts), texts.length, threshold);
  const clusters = labels.reduce((most, label) => Math.max(most, label + 1), 0);
  const sizes = new Int32Array(clusters);
  for (const label of labels) sizes[label]++;
  return { shares: Float64Array.from(labels, (label) => sizes[label] / texts.length), labels, clusters };
}
