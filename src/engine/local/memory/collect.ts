/**
 * Frees arrays that nobody refers to any more, at once. Weights lie outside of V8's heap, which sees no hurry in a few
 * small objects, however many gigabytes hang on them.
 */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collectNow: (() => void) | null = null;

/** Takes some milliseconds: the heap of the engine's thread is small. */
export function collectGarbage(): void {
  if (collectNow === null) {
    setFlagsFromString('--expose-gc');
    const found: unknown = runInNewContext('gc');
    collectNow = typeof found === 'function' ? () => void found() : () => {};
  }
  collectNow();
}
