/**
 * Runs garbage collection immediately. Weights are outside V8's heap, so V8 sees only a few small objects and
 * may delay collection, even if they refer to gigabytes. `../core.ts` calls it before it copies weights.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collectNow: (() => void) | null = null;

/** Frees unreferenced arrays. Takes a few milliseconds, because the heap of the engine's thread is small. */
export function collectGarbage(): void {
  if (collectNow === null) {
    setFlagsFromString('--expose-gc');
    const found: unknown = runInNewContext('gc');
    collectNow = typeof found === 'function' ? () => void found() : () => {};
  }
  collectNow();
}
