/** The progress of several calls, reported as that of one. */

import type { Ctl, Progress } from '../engine.ts';

/** Reports what was finished to `ctl`, out of `total`. The rate counts from the creation. */
export function countedProgress(ctl: Ctl | undefined, total: number): (done: number, tokens: number) => void {
  const start = performance.now();
  let finished = 0;
  let sampled = 0;
  return (done, tokens) => {
    finished += done;
    sampled += tokens;
    const seconds = (performance.now() - start) / 1000;
    ctl?.onProgress?.({ done: finished, total, tokensPerSecond: seconds > 0 ? sampled / seconds : null });
  };
}

/** Splits `ctl` among calls that run at the same time: each reports its own progress, and `ctl` receives the sum. */
export function sharedProgress(ctl: Ctl): () => Ctl {
  const parts: Progress[] = [];
  const sumOf = (of: (part: Progress) => number): number => parts.reduce((sum, part) => sum + of(part), 0);
  return () => {
    const at = parts.length;
    parts.push({ done: 0, total: 0, tokensPerSecond: null });
    return {
      signal: ctl.signal,
      onProgress(progress) {
        parts[at] = progress;
        const rated = parts.some(({ tokensPerSecond }) => tokensPerSecond !== null);
        ctl.onProgress?.({
          done: sumOf(({ done }) => done),
          total: sumOf(({ total }) => total),
          tokensPerSecond: rated ? sumOf(({ tokensPerSecond }) => tokensPerSecond ?? 0) : null,
        });
      },
    };
  };
}
