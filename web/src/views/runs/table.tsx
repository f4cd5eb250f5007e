/** The runs as a table; on a narrow screen each row is a card. */

import type { RunCard } from '../../../../src/view/runs/types.ts';
import { gainPoints, percent, percentage, pValue, utcMinute } from '../../../../src/text/numbers.ts';
import { Controls } from '../../frame/controls.tsx';
import { shortModel } from '../../frame/model.ts';
import { RunStateMark } from '../../frame/run-state.tsx';
import { routeTo } from '../../router.ts';
import type { RunSort } from './order.ts';
import { Progress } from './progress.tsx';
import { Trend } from './trend.tsx';

export interface TableProps {
  runs: readonly RunCard[];
  chosen: ReadonlySet<string>;
  onChoose: (id: string, isChosen: boolean) => void;
  sort: RunSort;
  onSort: (by: RunSort) => void;
  /** Called after a run was changed; null if runs cannot be changed here. */
  onControl: (() => void) | null;
}

export function RunTable({ runs, chosen, onChoose, sort, onSort, onControl }: TableProps) {
  const heading = (title: string, by: RunSort) => (
    <th scope="col" aria-sort={sort === by ? (by === 'name' ? 'ascending' : 'descending') : 'none'}>
      <button type="button" class="sort" onClick={() => onSort(by)}>
        {title}
      </button>
    </th>
  );
  return (
    <div class="card runs-card">
      <table class="runs">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">Compare</span>
            </th>
            {heading('Run', 'name')}
            <th scope="col">State</th>
            <th scope="col">Iterations</th>
            {heading('Held-out score', 'score')}
            <th scope="col">Trend</th>
            {heading('Against the base', 'gain')}
            {heading('Started', 'started')}
            {onControl !== null && <th scope="col">Actions</th>}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <Row key={run.id} run={run} isChosen={chosen.has(run.id)} onChoose={onChoose} onControl={onControl} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps extends Pick<TableProps, 'onChoose' | 'onControl'> {
  run: RunCard;
  isChosen: boolean;
}

function Row({ run, isChosen, onChoose, onControl }: RowProps) {
  const { id, model, domain, created, scores } = run;
  const newest = scores.at(-1);
  return (
    <tr class={isChosen ? 'chosen' : undefined}>
      <td class="cell-choose">
        <input
          type="checkbox"
          checked={isChosen}
          aria-label={`Compare ${id}`}
          onChange={({ currentTarget }) => onChoose(id, currentTarget.checked)}
        />
      </td>
      <th scope="row" class="cell-name">
        <a href={routeTo('loop', id)}>
          <bdi>{id}</bdi>
        </a>
        <span class="facts" title={model ?? undefined}>
          <bdi>{model === null ? '' : shortModel(model)}</bdi> · <bdi>{domain}</bdi>
        </span>
      </th>
      <td class="cell-state">
        <RunStateMark state={run.state} />
      </td>
      <td class="cell-progress">
        <Progress run={run} />
      </td>
      <td class="cell-score" data-label="Score">
        {newest === undefined ? (
          <span class="none">not yet</span>
        ) : (
          <>
            <strong>{percent(newest.mean.value)}</strong>{' '}
            <span class="interval">
              [{percentage(newest.mean.low)}, {percentage(newest.mean.high)}]
            </span>
          </>
        )}
      </td>
      <td class="cell-trend">
        <Trend scores={scores} />
      </td>
      <td class="cell-gain" data-label="Against the base">
        <GainCell run={run} />
      </td>
      <td class="cell-started" data-label="Started">
        {created === null ? '—' : <time dateTime={created}>{utcMinute(created).replace(' UTC', '')}</time>}
      </td>
      {onControl !== null && (
        <td class="cell-actions">
          <Controls run={run} onDone={onControl} />
        </td>
      )}
    </tr>
  );
}

/** The gain in points; its tone says whether chance explains it, and so does its title. */
function GainCell({ run: { gain } }: { run: RunCard }) {
  if (gain === null) return <span class="none">—</span>;
  const { p, difference } = gain;
  const isClear = p < 0.05;
  const tone = isClear ? (difference.value > 0 ? 'gain up' : 'gain down') : 'gain';
  const word = isClear ? '' : ' (may be chance)';
  return (
    <span class={tone} title={`Paired over the same questions, ${pValue(p)}${word}`}>
      {isClear ? (difference.value > 0 ? '▲ ' : '▼ ') : '≈ '}
      {gainPoints(gain)} <span class="unit">points</span>
      <span class="unseen">{word}</span>
    </span>
  );
}
