/**
 * Alternates between contestants within one run, so that other load on the machine affects all of them
 * equally. `engine.ts` uses it.
 */

/** Runs one round and returns its seconds. */
export type Contestant = () => Promise<number>;

const PAUSE_MS = 300;

/**
 * Returns the seconds of every round by contestant. The first round of each is discarded. Pauses let the
 * spinning threads of the previous contestant go idle.
 */
export async function alternate(
  contestants: Readonly<Record<string, Contestant>>,
  rounds: number,
): Promise<Record<string, number[]>> {
  const seconds: Record<string, number[]> = {};
  for (const name of Object.keys(contestants)) seconds[name] = [];
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const taken = await run();
      if (round >= 0) seconds[name].push(taken);
    }
  }
  return seconds;
}

/** Measures the wall seconds of `work`. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
