/** What a run is and how it stands: its name, its state, one sentence, and the facts about it. */

import { duration, percent, plural, utcMinute } from '../../../../src/text/numbers.ts';
import type { RunView, StageView } from '../../../../src/view/runs/types.ts';
import { Icon } from '../../frame/icons.tsx';
import { Controls } from '../../frame/controls.tsx';
import { RunStateMark } from '../../frame/run-state.tsx';
import { isResumable } from '../../frame/state-words.ts';
import { shortModel } from '../../frame/model.ts';
import { Command } from '../../frame/states.tsx';

export interface HeadProps {
  view: RunView;
  /** Called after the run was changed; null if runs cannot be changed here. */
  onControl: ((action: string) => void) | null;
}

export function Head({ view, onControl }: HeadProps) {
  const { card, seed, scale, version, seconds, engineSeconds, supervised } = view;
  const facts = [
    card.domain,
    card.model === null ? null : shortModel(card.model),
    supervised ? 'supervised' : null,
    `scale ${scale}`,
    `seed ${seed}`,
    card.created === null ? null : `started ${utcMinute(card.created)}`,
    seconds > 0 ? `${duration(seconds)} of work, ${percent(engineSeconds / seconds, 0)} in the engine` : null,
    `rzero ${version}`,
  ].filter((fact) => fact !== null && fact !== '');
  return (
    <header class="run-head">
      <div class="run-title">
        <h1>
          <bdi>{card.id}</bdi>
        </h1>
        <RunStateMark state={card.state} />
        {onControl !== null && <Controls run={card} onDone={onControl} />}
      </div>
      <p class="run-now">{sentence(view)}</p>
      <p class="run-facts">
        {facts.map((fact, at) => (
          <span key={at}>
            <bdi>{fact}</bdi>
          </span>
        ))}
      </p>
      <Ending view={view} />
    </header>
  );
}

/** Where the run is, in one sentence. */
export function sentence({ card, iterations, best, supervised }: RunView): string {
  const { cursor, iterations: planned, state } = card;
  if (cursor === null || planned === null) return '';
  if (cursor.stage === 'done') {
    const chosen =
      best === null || supervised
        ? ''
        : best === 0
          ? ' The base was chosen as best.'
          : ` Iteration ${best} was chosen as best.`;
    return `All ${plural(planned, 'iteration')} are done.${chosen}`;
  }
  const stage = iterations.at(-1)?.stages.find((one) => one.stage === cursor.stage);
  const where = cursor.iteration === 0 ? 'Before the first iteration' : `Iteration ${cursor.iteration} of ${planned}`;
  const doing = stage === undefined ? cursor.stage : `${stage.title}, ${stepText(stage)}`;
  return state === 'running'
    ? `${where}: ${doing}.`
    : `It ended in ${where.slice(0, 1).toLowerCase()}${where.slice(1)}: ${doing}.`;
}

function stepText({ done, steps }: StageView): string {
  return steps === null ? `step ${done + 1}` : `step ${Math.min(done + 1, steps)} of ${steps}`;
}

/** Why the run ended early, and what to do about it. */
function Ending({ view: { card, reason } }: { view: RunView }) {
  const { state, id } = card;
  if (state === 'finished' || (state === 'running' && reason === null)) return null;
  return (
    <div class={`ending ending-${state}`} role="note">
      <Icon name={state === 'stopped' ? 'pause' : 'alert'} />
      <div>
        <p>{reason === null ? WHY[state] : <bdi>{reason}</bdi>}</p>
        {isResumable(state) && (
          <p>
            Continue it with <Command>{`npx rzero resume ${id}`}</Command>
          </p>
        )}
      </div>
    </div>
  );
}

const WHY: Readonly<Record<string, string>> = {
  stopped: 'It was stopped. Everything up to here is saved.',
  unfinished: 'It did not reach its end.',
  failed: 'Its newest session failed.',
  collapsed: 'A monitor ended it: the run was collapsing.',
  'too-few-questions': 'Too few questions passed the filter.',
};
