/** Alternates between contestants until a time is over, so that a slow one cannot take the time of all others. */

import type { Contestant } from '../lib/alternate.ts';

export interface Until {
  rounds: number;
  /** Milliseconds, as by `now`. */
  deadline: number;
  /** Default: the time since the process started. */
  now?: () => number;
}

export interface Timed {
  /** Seconds of every measured round, by contestant. */
  seconds: Record<string, number[]>;
  /** Why a contestant has no round, by its name. */
  missing: Record<string, string>;
}

/**
 * Runs one round of each contestant that is not measured, then up to `rounds` of each. A contestant that fails is left
 * out with its reason. After the deadline no round starts.
 */
export async function measureUntil(
  contestants: Readonly<Record<string, Contestant>>,
  { rounds, deadline, now = () => performance.now() }: Until,
): Promise<Timed> {
  const seconds: Record<string, number[]> = {};
  const missing: Record<string, string> = {};
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      if (name in missing || now() >= deadline) continue;
      try {
        const taken = await run();
        if (round >= 0) (seconds[name] ??= []).push(taken);
      } catch (error) {
        delete seconds[name];
        missing[name] = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
      }
    }
  }
  for (const name of Object.keys(contestants)) if (!(name in seconds)) missing[name] ??= 'the time was over';
  return { seconds, missing };
}
