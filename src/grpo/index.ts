/** `rzero/grpo`: advantages and loss coefficients as pure functions over rewards and log-probabilities. */

export type { GrpoConfig } from '../config/schema.ts';
export type { Example, Tokens } from '../engine/engine.ts';
export { groupAdvantages, hasVariance } from './advantages.ts';
export { type AggregationDials, exampleScales, type StepSize } from './aggregate.ts';
export { alignToExample, splitUpdates, toExample } from './batch.ts';
export { advantageAt, type LossDials, type LossTerms, tokenCoefficients, tokenLoss } from './coefficients.ts';
export { diagnose } from './diagnostics.ts';
export { type ImportanceDials, type ImportanceTerms, importanceWeights } from './importance.ts';
export { klEstimate, klLoss, klSlope } from './kl.ts';
export {
  marginOf,
  meanLogRatio,
  preferenceCoefficients,
  type PreferenceDials,
  preferenceLoss,
  type PreferencePair,
  type PreferenceTerms,
} from './preference.ts';
export {
  clippedBy,
  ratiosOf,
  type RatioTerms,
  type SurrogateDials,
  surrogateLoss,
  surrogateSlope,
} from './surrogate.ts';
