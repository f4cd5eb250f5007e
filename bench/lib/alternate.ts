/** Contestants take turns within one run, so that whatever else the machine does strikes all of them alike. */

/** Seconds of one round. */
export type Contestant = () => Promise<number>;

const PAUSE_MS = 300;

/**
 * Seconds of every round by contestant. One round each is thrown away first; the pauses let the spinning threads of
 * the one before go to sleep.
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

/** Wall seconds of `work`. */
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
