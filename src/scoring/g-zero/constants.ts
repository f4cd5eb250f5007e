/**
 * The constants of G-Zero (arXiv 2605.09959, by R-Zero's first author), as read in its code at commit 44675d2. Settings of
 * the optimizers and sizes are in the preset `g-zero`; these are part of the method.
 */

/** Lower limit of δ in the Challenger's reward, in nats per token. */
export const LOWEST_SHIFT = -5;

/** Characters of a hint that cost nothing. */
export const FREE_HINT_CHARACTERS = 200;
/** Cost of every further `HINGE_CHARACTERS` characters of a hint. */
export const HINGE_WEIGHT = 0.03;
export const HINGE_CHARACTERS = 100;

/** Reward of a completion without a task and a hint, before its share is subtracted. */
export const INVALID_REWARD = -1;
/** Mean distance, 1 - BLEU, at which clusters of tasks stay separate. */
export const CLUSTER_THRESHOLD = 0.5;

/** Advantages of a Challenger's rollout below this size are not trained on. */
export const SMALLEST_ADVANTAGE = 1e-8;

/**
 * Percentiles of δ that are kept. The upper half is left out as answer leakage: there the hint gives the answer away.
 */
export const KEPT_SHIFTS = { low: 0, high: 50 } as const;

/** Length of a chosen response, in characters. */
export const CHOSEN_CHARACTERS = { least: 100, most: 10_000 } as const;
/** Longest chosen response, as a multiple of the rejected one in characters. */
export const LONGEST_RATIO = 2.5;
/** From this many characters on, a chosen response is tested for repetition. */
export const COMPRESSED_FROM = 500;
/** Compressed size / size at least; less means repetition. zlib at level 1. */
export const LEAST_COMPRESSED = 0.15;
export const COMPRESSION_LEVEL = 1;
/** A chosen response that begins with this many characters of the task repeats it. */
export const REPEATED_CHARACTERS = 30;

/** Factor of the margin in the preference loss. */
export const PREFERENCE_BETA = 2;
