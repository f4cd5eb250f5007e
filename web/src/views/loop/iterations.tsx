/** The iterations of a run as tabs. */

import { percent } from '../../../../src/text/numbers.ts';
import type { RunView } from '../../../../src/view/runs/types.ts';

export interface IterationTabsProps {
  view: RunView;
  selected: number;
  onSelect: (iteration: number) => void;
}

const KEYS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at, count) => Math.min(count - 1, at + 1),
  ArrowLeft: (at) => Math.max(0, at - 1),
  Home: () => 0,
  End: (_, count) => count - 1,
};

export function IterationTabs({ view, selected, onSelect }: IterationTabsProps) {
  const { iterations, card, best } = view;
  const onKey = (event: KeyboardEvent): void => {
    const move = KEYS[event.key];
    if (move === undefined || !(event.currentTarget instanceof HTMLElement)) return;
    event.preventDefault();
    const next = move(
      iterations.findIndex(({ iteration }) => iteration === selected),
      iterations.length,
    );
    onSelect(iterations[next].iteration);
    event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus();
  };
  const rest = (card.iterations ?? 0) - (iterations.length - 1);
  return (
    <div class="iteration-tabs" role="tablist" aria-label="Iterations" onKeyDown={onKey}>
      {iterations.map(({ iteration, closing, stages }) => {
        const isRunning = stages.some(({ state }) => state === 'running');
        const name = iteration === 0 ? 'Base' : `Iteration ${iteration}`;
        return (
          <button
            key={iteration}
            type="button"
            role="tab"
            id={`iteration-${iteration}`}
            aria-selected={iteration === selected}
            aria-controls="iteration-panel"
            tabIndex={iteration === selected ? 0 : -1}
            onClick={() => onSelect(iteration)}
          >
            <span class="tab-name">
              {name}
              {best === iteration && iteration > 0 && (
                <span class="best" title="chosen as best, without true labels">
                  {' '}
                  ★<span class="unseen"> chosen as best</span>
                </span>
              )}
            </span>
            <span class="tab-score">
              {closing !== null && closing.evaluation.questions > 0
                ? percent(closing.evaluation.mean.value)
                : isRunning
                  ? 'running'
                  : '—'}
            </span>
          </button>
        );
      })}
      {rest > 0 && card.cursor?.stage !== 'done' && <span class="tab-rest">{rest} to come</span>}
    </div>
  );
}
