/** A paired difference in points, with its interval and p; in colour only if chance does not explain it. */

import type { Gain } from '../../../../src/eval/paired.ts';
import { effectOf } from '../../../../src/view/evaluations/effect.ts';
import { gainPoints, pValue } from '../../../../src/text/numbers.ts';
import { gainRange } from './numbers.ts';

interface DifferenceProps {
  gain: Gain;
  /** Settings in which the two evaluations differ. */
  unlike?: readonly string[];
}

export function Difference({ gain, unlike }: DifferenceProps) {
  const effect = effectOf({ value: gain.difference.value, p: gain.p, unlike });
  return (
    <span class={`e-difference e-${effect}`}>
      <b>{gainPoints(gain)}</b>
      <small>
        [{gainRange(gain)}] {pValue(gain.p)}
      </small>
    </span>
  );
}
