/** How many iterations of a run are done. */

import type { RunCard } from '../../../../src/view/runs/types.ts';
import { progressOf } from './order.ts';

/** More iterations than this are drawn as one bar. */
const MOST_BOXES = 12;

export function Progress({ run }: { run: RunCard }) {
  const progress = progressOf(run);
  if (progress === null) return <span class="none">—</span>;
  const { done, of } = progress;
  const count = Math.min(of, MOST_BOXES);
  const filled = Math.floor((done / Math.max(1, of)) * count);
  const isRunning = run.state === 'running';
  return (
    <span class="progress">
      <span class="boxes" aria-hidden="true">
        {Array.from({ length: count }, (_, at) => (
          <span key={at} class={at < filled ? 'box done' : at === filled && isRunning ? 'box now' : 'box'} />
        ))}
      </span>
      <span>
        {done} of {of}
        <span class="unseen"> iterations</span>
      </span>
    </span>
  );
}
