/** The state of a run as a sign with a word. */

import type { RunCard } from '../../../src/view/runs/types.ts';
import { Icon, type IconName } from './icons.tsx';

type State = RunCard['state'];

const SHOWN: Readonly<Record<State, readonly [icon: IconName, word: string, tone: string]>> = {
  running: ['play', 'running', 'live'],
  finished: ['check', 'finished', 'good'],
  stopped: ['pause', 'stopped', 'quiet'],
  unfinished: ['ring', 'unfinished', 'quiet'],
  failed: ['cross', 'failed', 'bad'],
  crashed: ['alert', 'crashed', 'bad'],
  collapsed: ['alert', 'collapsed', 'unsure'],
  'too-few-questions': ['alert', 'too few questions', 'unsure'],
  broken: ['broken', 'cannot be read', 'bad'],
};

export function RunStateMark({ state }: { state: State }) {
  const [icon, word, tone] = SHOWN[state];
  return (
    <span class={`mark mark-${tone}`}>
      <Icon name={icon} />
      {word}
    </span>
  );
}

/** The word for a state. */
export function stateWord(state: State): string {
  return SHOWN[state][1];
}

const RESUMABLE: ReadonlySet<State> = new Set(['stopped', 'failed', 'crashed', 'unfinished']);

/** Returns whether `rzero resume` continues a run in this state. */
export function isResumable(state: State): boolean {
  return RESUMABLE.has(state);
}
