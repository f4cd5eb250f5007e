/** Whether a difference between two evaluations means anything. Pure, without Node. */

import { isSignificant } from '../../eval/paired.ts';

export type Effect = 'gain' | 'loss' | 'even';

/** Returns the direction of a difference; `even` if chance or other settings may explain it. */
export function effectOf({ value, p, unlike = [] }: { value: number; p: number; unlike?: readonly string[] }): Effect {
  if (!isSignificant({ p }) || unlike.length > 0) return 'even';
  return value > 0 ? 'gain' : 'loss';
}
