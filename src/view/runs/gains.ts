/** Paired differences of held-out scores to the base. They take milliseconds each, so they are kept. */

import { type Gain, pairedGain } from '../../eval/paired.ts';
import type { EvalResult } from '../../types.ts';

/** Number of gains that are kept. */
const KEPT = 500;
const known = new Map<string, Gain>();

/** Returns the gain from the base's result to another one; null if they are not of the same questions. */
export function gainOver(base: EvalResult | undefined, result: EvalResult | undefined): Gain | null {
  if (base === undefined || result === undefined || base === result || base.task !== result.task) return null;
  const [before, after] = [base.perQuestion, result.perQuestion];
  if (before.length === 0 || before.length !== after.length) return null;
  const key = JSON.stringify([before, after]);
  const gain = known.get(key) ?? pairedGain(before, after);
  known.delete(key);
  known.set(key, gain);
  for (const oldest of known.keys()) {
    if (known.size <= KEPT) break;
    known.delete(oldest);
  }
  return gain;
}
