/** Times short calls. */

/** Rounds of one call end after this many seconds, or after `MOST_ROUNDS`. */
const ENOUGH_SECONDS = 0.4;
const FEWEST_ROUNDS = 2;
const MOST_ROUNDS = 6;

/** Returns the mean seconds of a few calls, after one that allocates memory. The mean, because runs do not choose. */
export async function meanSeconds(work: () => Promise<unknown>): Promise<number> {
  await work();
  let [rounds, spent] = [0, 0];
  for (; rounds < FEWEST_ROUNDS || (rounds < MOST_ROUNDS && spent < ENOUGH_SECONDS); rounds++) {
    spent += await secondsOf(work);
  }
  return spent / rounds;
}

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** A sequence of `length` tokens that differs from those of other rows. */
export function trialTokens(vocabulary: number, length: number, row: number): Int32Array {
  return Int32Array.from({ length }, (_, at) => (at * 7 + row * 13) % vocabulary);
}
