/** Votes as one bar: the label first, then the other answers in lighter steps, then the attempts without an answer. */

import type { ComponentChildren } from 'preact';
import { plural } from '../../../../../src/text/numbers.ts';

const WIDTH = 120;
const HEIGHT = 12;

interface VoteBarProps {
  /** Attempts of each group of equal votes, largest first. */
  groups: readonly number[];
  unanswered: number;
  /** Groups that are right; default: none is marked. */
  right?: readonly boolean[];
  width?: number;
}

export function VoteBar({ groups, unanswered, right, width = WIDTH }: VoteBarProps) {
  const attempts = groups.reduce((sum, size) => sum + size, unanswered);
  if (attempts === 0) return <span class="q-none">no votes</span>;
  let x = 0;
  const parts: ComponentChildren[] = groups.map((size, at) => {
    const from = x;
    x += (size / attempts) * width;
    return (
      <rect key={at} class={classOf(at, right)} x={from} y={0} width={Math.max(0.5, x - from - 1)} height={HEIGHT} />
    );
  });
  return (
    <svg
      class="q-bar"
      role="img"
      aria-label={wordsOf(groups, unanswered, attempts)}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      width={width}
      height={HEIGHT}
    >
      {parts}
      {unanswered > 0 && (
        <rect class="q-unanswered" x={x + 0.5} y={0.5} width={Math.max(1, width - x - 1)} height={HEIGHT - 1} />
      )}
    </svg>
  );
}

const STEPS = 4;

function classOf(at: number, right: readonly boolean[] | undefined): string {
  if (right !== undefined) return right[at] ? 'q-right' : `q-wrong q-step-${Math.min(STEPS, at)}`;
  return at === 0 ? 'q-label' : `q-other q-step-${Math.min(STEPS, at)}`;
}

function wordsOf(groups: readonly number[], unanswered: number, attempts: number): string {
  const none = unanswered > 0 ? `, ${unanswered} without an answer` : '';
  return `${plural(attempts, 'attempt')}: ${groups.length === 0 ? 'no answers' : groups.join(' + ')}${none}`;
}
