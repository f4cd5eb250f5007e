/** The state of a run as a sign with a word. */

import type { RunCard } from '../../../src/view/runs/types.ts';
import { Icon, type IconName } from './icons.tsx';
import { stateWord } from './state-words.ts';

type State = RunCard['state'];

const SIGNS: Readonly<Record<State, readonly [icon: IconName, tone: string]>> = {
  running: ['play', 'live'],
  finished: ['check', 'good'],
  stopped: ['pause', 'quiet'],
  unfinished: ['ring', 'quiet'],
  failed: ['cross', 'bad'],
  crashed: ['alert', 'bad'],
  collapsed: ['alert', 'unsure'],
  'too-few-questions': ['alert', 'unsure'],
  broken: ['broken', 'bad'],
};

export function RunStateMark({ state }: { state: State }) {
  const [icon, tone] = SIGNS[state];
  return (
    <span class={`mark mark-${tone}`}>
      <Icon name={icon} />
      {stateWord(state)}
    </span>
  );
}
