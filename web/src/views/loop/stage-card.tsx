/** One stage in the picture: its state, its steps and its numbers. */

import type { RunEvent } from '../../../../src/events.ts';
import { compact, count, duration } from '../../../../src/text/numbers.ts';
import type { Closing, StageView } from '../../../../src/view/runs/types.ts';
import { Icon, type IconName } from '../../frame/icons.tsx';
import { stageFacts } from './stage-facts.ts';

export type Progress = Extract<RunEvent, { type: 'progress' }>;

const STATES: Readonly<Record<StageView['state'], readonly [icon: IconName, word: string]>> = {
  done: ['check', 'done'],
  running: ['play', 'running'],
  stopped: ['pause', 'stopped here'],
  waiting: ['ring', 'waiting'],
};

export interface StageCardProps {
  stage: StageView;
  /** Its number in the iteration; null outside. */
  number: string | null;
  roleTitle: string | null;
  closing: Closing | null;
  /** What the running step has done; null if unknown, or if the stage does not run. */
  progress: Progress | null;
}

export function StageCard({ stage, number, roleTitle, closing, progress }: StageCardProps) {
  const [icon, word] = STATES[stage.state];
  const facts = stageFacts(stage, closing);
  return (
    <article
      class={`stage stage-${stage.state} role-${stage.role ?? 'none'}`}
      aria-current={stage.state === 'running' ? 'step' : undefined}
      data-stage={stage.stage}
    >
      <header>
        {number !== null && <span class="stage-number">{number}</span>}
        <h3>
          <bdi>{stage.title}</bdi>
        </h3>
        <span class="stage-state" title={word}>
          <Icon name={icon} />
          <span class="unseen">{word}</span>
        </span>
      </header>
      {roleTitle !== null && <p class="stage-role">{roleTitle}</p>}
      <Steps stage={stage} progress={progress} />
      {facts.length > 0 && (
        <dl class="facts-list">
          {facts.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </article>
  );
}

/** A bar of the steps, and what is known of the time. */
function Steps({ stage, progress }: Pick<StageCardProps, 'stage' | 'progress'>) {
  const { done, steps, state, seconds, remaining } = stage;
  if (state === 'waiting') return null;
  const within = progress === null || progress.total === 0 ? 0 : progress.done / progress.total;
  const share = steps === null || steps === 0 ? 0 : Math.min(1, (done + within) / steps);
  const texts = [
    state === 'stopped' ? 'stopped here' : '',
    steps === null
      ? `step ${done + 1}`
      : state === 'done'
        ? plainSteps(steps)
        : `step ${Math.min(done + 1, steps)} of ${steps}`,
    state === 'running' && remaining !== null
      ? `${duration(remaining)} left`
      : seconds === null || seconds < 0.05
        ? ''
        : duration(seconds),
  ].filter((text) => text !== '');
  return (
    <div class="steps">
      {state !== 'done' && (
        <progress max={1} value={share} aria-label={`${stage.title}: steps`}>
          {Math.round(share * 100)} %
        </progress>
      )}
      <p class="steps-text">{texts.join(' · ')}</p>
      {progress !== null && state === 'running' && (
        <p class="steps-text steps-now">
          {progress.what} {count(progress.done)}/{count(progress.total)}
          {progress.tokensPerSecond !== null && ` · ${compact(progress.tokensPerSecond)} tokens/s`}
        </p>
      )}
    </div>
  );
}

function plainSteps(steps: number): string {
  return steps === 1 ? '1 step' : `${count(steps)} steps`;
}
