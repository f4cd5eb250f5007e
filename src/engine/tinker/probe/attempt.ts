import { ServiceError } from '../service.ts';

/** Returns null if the service refuses the work or fails at it; other failures end the probe. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ServiceError && ['refused', 'failed', 'lost-sampler'].includes(error.outcome)) return null;
    throw error;
  }
}

/** Returns the largest difference of two lists of numbers; infinite if their lengths differ or one is not finite. */
export function furthest(one: ArrayLike<number>, other: ArrayLike<number>): number {
  if (one.length !== other.length) return Infinity;
  let most = 0;
  for (let at = 0; at < one.length; at++) {
    const far = Math.abs(one[at] - other[at]);
    if (!(far <= most)) most = Number.isNaN(far) ? Infinity : far;
  }
  return most;
}
