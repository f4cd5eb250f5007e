/**
 * Direct preference optimisation (DPO, Rafailov et al. 2023) with log-ratios averaged over tokens, as in G-Zero (arXiv
 * 2605.09959, code at 44675d2): the loss of pairs of responses and its derivative by each token's log-probability. Like
 * every loss here it has a linear backward, so that no engine knows it. Tests compare it with PyTorch.
 */

/** One response of a pair, aligned to the T positions of its example. Values where `mask_T` is 0 are never read. */
export interface PreferenceTerms {
  /** Log-probabilities under the weights being trained (nats). */
  logprobs_T: ArrayLike<number>;
  /** Log-probabilities under the reference (nats). */
  reference_T: ArrayLike<number>;
  /** 1 where the target is a token of the response. */
  mask_T: ArrayLike<number>;
}

/** Two responses to one task. */
export interface PreferencePair {
  chosen: PreferenceTerms;
  rejected: PreferenceTerms;
}

/** Settings of the loss. */
export interface PreferenceDials {
  /** Factor of the margin, before the sigmoid. */
  beta: number;
}

/** Returns the mean over the tokens of log π − log π_ref (nats per token); 0 for an empty response. */
export function meanLogRatio({ logprobs_T, reference_T, mask_T }: PreferenceTerms): number {
  let sum = 0;
  let tokens = 0;
  for (let t = 0; t < mask_T.length; t++) {
    if (mask_T[t] === 0) continue;
    sum += logprobs_T[t] - reference_T[t];
    tokens++;
  }
  return tokens === 0 ? 0 : sum / tokens;
}

/** Returns the margin of a pair: how much more the chosen response has gained than the rejected one (nats per token). */
export function marginOf({ chosen, rejected }: PreferencePair): number {
  return meanLogRatio(chosen) - meanLogRatio(rejected);
}

/** Computes the mean over the pairs of −log σ(beta · margin). */
export function preferenceLoss(pairs_N: readonly PreferencePair[], { beta }: PreferenceDials): number {
  return pairs_N.reduce((sum, pair) => sum + softplus(-beta * marginOf(pair)), 0) / pairs_N.length;
}

/**
 * Computes the derivative of `preferenceLoss` by the log-probability of every position, for both responses of each pair:
 * length T, 0 where the mask is 0. A chosen token gets −beta σ(−beta · margin) / (N n), a rejected one the opposite, with n
 * the tokens of its own response. A NaN log-probability gives NaN coefficients, which the engine rejects.
 */
export function preferenceCoefficients(
  pairs_N: readonly PreferencePair[],
  { beta }: PreferenceDials,
): { chosen: Float32Array; rejected: Float32Array }[] {
  return pairs_N.map((pair) => {
    const slope = (beta * sigmoid(-beta * marginOf(pair))) / pairs_N.length;
    return { chosen: spreadOver(pair.chosen, -slope), rejected: spreadOver(pair.rejected, slope) };
  });
}

/** Returns `total` divided equally among the masked positions. */
function spreadOver({ mask_T }: PreferenceTerms, total: number): Float32Array {
  const tokens = Array.from(mask_T).reduce((sum, one) => sum + (one === 0 ? 0 : 1), 0);
  return Float32Array.from(mask_T, (one) => (one === 0 ? 0 : total / tokens));
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Computes log(1 + e^x) without overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
