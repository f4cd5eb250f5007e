import { EngineError } from '../../../errors.ts';
import type { Coefficients, Example } from '../../engine.ts';

/**
 * Returns the coefficients of a batch, 0 where the mask is 0. Throws EngineError `numeric` if one is not finite, and
 * `user` if there are not as many as positions.
 * @param logprobs by example; only read if `given` is a function
 */
export function coefficientsOf(
  examples: readonly Example[],
  given: Coefficients | readonly Float32Array[],
  logprobs: readonly Float32Array[],
): Float32Array[] {
  return examples.map(({ mask }, index) => {
    const found = typeof given === 'function' ? given(index, logprobs[index]) : given[index];
    if (found?.length !== mask.length) {
      throw new EngineError(
        'user',
        `Example ${index} has ${mask.length} positions and ${found?.length ?? 0} coefficients.`,
        'Give one coefficient per position.',
      );
    }
    if (!found.every((value) => Number.isFinite(value))) {
      throw new EngineError(
        'numeric',
        `The coefficients of example ${index} are not finite.`,
        'Check the rewards and log-probabilities they come from.',
      );
    }
    return found.map((value, at) => (mask[at] === 0 ? 0 : value));
  });
}
