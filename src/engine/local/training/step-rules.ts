/** Rules of an optimizer step that hold on every device. */

import { EngineError } from '../../../errors.ts';
import type { AdapterShape } from '../../../types.ts';
import type { OptimizerOptions } from '../../engine.ts';

/** Throws EngineError `user` if Muon would train the factors of an adapter. */
export function refuseMuonOverAdapter({ muon }: OptimizerOptions, adapter: AdapterShape | null): void {
  if (muon === undefined || adapter === null) return;
  throw new EngineError('user', 'Muon trains full matrices, not the factors of an adapter.', 'Use AdamW only.');
}

/** Discards the gradient and throws EngineError `numeric` if its norm is not finite. */
export async function requireFinite(gradNorm: number, discard: () => Promise<void>): Promise<void> {
  if (Number.isFinite(gradNorm)) return;
  await discard();
  const advice = 'The weights were not changed: check the coefficients, and continue with a lower learning rate.';
  throw new EngineError('numeric', 'The gradient is not finite.', advice);
}

/** Returns the factor that brings a gradient of this norm within the limit `clip`; 0 is no limit. */
export function clipScale(clip: number, gradNorm: number): number {
  return clip > 0 && gradNorm > clip ? clip / gradNorm : 1;
}
