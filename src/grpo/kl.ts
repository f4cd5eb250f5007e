/**
 * Per-token KL estimators that keep the policy near its reference, named as in Schulman, "Approximating KL
 * divergence" (2020). `d` is always the log-probability under the reference minus that under the policy
 * (nats).
 *
 * k1 is subtracted from the reward instead of added to the loss: in the loss its gradient would be the same
 * for every token and independent of the reference. `coefficients.ts` applies all three.
 */

import type { GrpoConfig } from '../config/schema.ts';

/** Upper limit of a token's k3. R-Zero's code clamps to ±10; k3 is never negative. */
const K3_LIMIT = 10;

/** Computes the k3 estimate `e^d - d - 1` of KL(policy || reference) at one token, limited to 10. */
export function klEstimate(d: number): number {
  return Math.min(Math.expm1(d) - d, K3_LIMIT);
}

/**
 * Computes the KL term of a token's loss, before its weight: `k2` is `d^2 / 2`, `k3` is `klEstimate`, `k1` is
 * 0.
 */
export function klLoss(d: number, estimator: GrpoConfig['kl']): number {
  if (estimator === 'k1') return 0;
  return estimator === 'k2' ? (d * d) / 2 : klEstimate(d);
}

/** Computes d(klLoss)/dlogprob; 0 where k3 is at its limit. */
export function klSlope(d: number, estimator: GrpoConfig['kl']): number {
  if (estimator === 'k1') return 0;
  if (estimator === 'k2') return -d;
  const rise = Math.expm1(d);
  return rise - d > K3_LIMIT ? 0 : -rise;
}
