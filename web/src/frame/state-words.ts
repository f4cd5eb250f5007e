/** Words for the states of runs. Pure. */

import type { RunCard } from '../../../src/view/runs/types.ts';

type State = RunCard['state'];

const WORDS: Readonly<Partial<Record<State, string>>> = {
  'too-few-questions': 'too few questions',
  broken: 'cannot be read',
};

/** Returns the word for a state. */
export function stateWord(state: State): string {
  return WORDS[state] ?? state;
}

const RESUMABLE: ReadonlySet<State> = new Set(['stopped', 'failed', 'crashed', 'unfinished']);

/** Returns whether `rzero resume` continues a run in this state. */
export function isResumable(state: State): boolean {
  return RESUMABLE.has(state);
}
