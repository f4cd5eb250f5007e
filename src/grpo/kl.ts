/**
 * What keeps the policy near its reference, token by token. `d` is everywhere the log-probability under
 * the reference less that under the policy (nats). Estimators as Schulman names them ("Approximating KL
 * divergence", 2020). k1 is taken from the reward: in the loss its gradient would be the same push for
 * every token, with nothing of the reference in it.
 */

import type { GrpoConfig } from '../config/schema.ts';

/** Upper limit of a token's k3 (r-zero spec 1.7 clamps to ±10; k3 is never negative). */
const K3_LIMIT = 10;

/** The k3 estimate `e^d - d - 1` of KL(policy || reference) at one token, limited to 10. */
export function klEstimate(d: number): number {
  return Math.min(Math.expm1(d) - d, K3_LIMIT);
}

/** The KL's part of a token's loss, before its weight: `k2` is `d^2 / 2`, `k3` is `klEstimate`; `k1` is not in the loss. */
export function klLoss(d: number, estimator: GrpoConfig['kl']): number {
  if (estimator === 'k1') return 0;
  return estimator === 'k2' ? (d * d) / 2 : klEstimate(d);
}

/** d(klLoss)/dlogprob; 0 where the limit of k3 holds. */
export function klSlope(d: number, estimator: GrpoConfig['kl']): number {
  if (estimator === 'k1') return 0;
  if (estimator === 'k2') return -d;
  const rise = Math.expm1(d);
  return rise - d > K3_LIMIT ? 0 : -rise;
}
