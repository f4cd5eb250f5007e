/** Reads what a run stored of its Verifier: whether it passed its test, and its verdicts. */

import type { RunConfig } from '../../config/schema.ts';
import type { RunStore } from '../../store/store.ts';
import type { VotedPool } from '../4-filter.ts';
import { ENTRANCE, VERDICTS } from '../partials.ts';

type Stored = Pick<RunStore, 'partials'>;

/** Returns whether the Verifier of an iteration has passed its test; false without a test. */
export function hasPassed(store: Stored, iteration: number): boolean {
  return store.partials(ENTRANCE, iteration).at(-1)?.value.passes === true;
}

/** Returns whether the Verifier's verdicts are a part of the Solver's reward in an iteration. */
export function paysSolver(
  { config, store }: { config: Pick<RunConfig, 'solver'>; store: Stored },
  iteration: number,
): boolean {
  return config.solver.verifierWeight > 0 && hasPassed(store, iteration);
}

/** Returns a pool with the stored verdicts on its votes; unchanged if the Verifier has not passed. */
export function judgedVotes(store: Stored, voted: VotedPool): VotedPool {
  if (!hasPassed(store, voted.iteration)) return voted;
  const verdicts = store.partials(VERDICTS, voted.iteration).flatMap(({ value }) => value);
  return {
    ...voted,
    tallies: new Map([...voted.tallies, ...verdicts.map(({ id, tally }) => [id, tally] as const)]),
    verdicts: new Map(verdicts.map(({ id, accepted, support }) => [id, { accepted, support }])),
  };
}
