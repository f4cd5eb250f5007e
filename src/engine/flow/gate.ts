/** Lets work pass as long as its sizes fit into a limit; the rest waits in order. */
export interface Gate {
  /** Runs `work` when `size` fits. Work larger than the limit runs alone. */
  pass<T>(size: number, work: () => Promise<T>): Promise<T>;
}

/** Creates a gate. First come, first served: large work is not overtaken by small work, so it cannot starve. */
export function createGate(limit: number): Gate {
  let used = 0;
  let waiting: { size: number; go: () => void }[] = [];
  let next = 0;

  const admit = (): void => {
    while (next < waiting.length && used + waiting[next].size <= limit) {
      used += waiting[next].size;
      waiting[next++].go();
    }
    // Forgets those that have passed, without moving the queue at every call.
    if (next * 2 >= waiting.length) {
      waiting = waiting.slice(next);
      next = 0;
    }
  };

  return {
    async pass(wanted, work) {
      const size = Math.min(wanted, limit);
      await new Promise<void>((go) => {
        waiting.push({ size, go: () => go() });
        admit();
      });
      try {
        return await work();
      } finally {
        used -= size;
        admit();
      }
    },
  };
}
