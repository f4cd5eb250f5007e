/** The closing numbers of all iterations, one line each. */

import { count, gainText, percent, percentage, pValue, significant } from '../../../../src/text/numbers.ts';
import type { Closing, RunView } from '../../../../src/view/runs/types.ts';

export function ClosingTable({ view, selected }: { view: RunView; selected: number }) {
  const rows = view.iterations.flatMap(({ closing }) => (closing === null ? [] : [closing]));
  if (rows.length === 0) return null;
  const samples = rows[0].evaluation.samples;
  const isAudited = rows.some(({ labels }) => labels !== null);
  const isVoted = !view.supervised;
  return (
    <section class="card closing" aria-labelledby="closing-title">
      <h2 id="closing-title">Iterations in numbers</h2>
      {/* A scrollable region must be reachable by keyboard. */}
      <div class="scroll" tabIndex={0} role="region" aria-label="Iterations in numbers, table">
        <table>
          <thead>
            <tr>
              <th scope="col">Iteration</th>
              <th scope="col">mean@{samples}</th>
              <th scope="col">Against the base, points</th>
              <th scope="col">Trained on</th>
              {isVoted && <th scope="col">Agreement</th>}
              {isAudited && <th scope="col">Labels right</th>}
              {isAudited && <th scope="col">Ill-posed</th>}
              <th scope="col">Difficulty</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.iteration} class={row.iteration === selected ? 'selected' : undefined}>
                <th scope="row">{row.iteration === 0 ? 'base' : row.iteration}</th>
                <td>
                  <Score row={row} />
                </td>
                <td>{row.gain === null ? '—' : <span title={pValue(row.gain.p)}>{gainText(row.gain)}</span>}</td>
                <td>{row.kept === null ? '—' : count(row.kept)}</td>
                {isVoted && <td>{percent(row.agreement, 0)}</td>}
                {isAudited && <td>{shareOf(row, 'right')}</td>}
                {isAudited && <td>{shareOf(row, 'illPosed')}</td>}
                <td>{row.difficulty === null ? '—' : significant(row.difficulty)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="quiet">
        In brackets: 95 % intervals. Differences are paired over the same {count(rows[0].evaluation.questions)} held-out
        questions; one whose interval holds 0 may be chance.
      </p>
    </section>
  );
}

function Score({ row: { evaluation } }: { row: Closing }) {
  if (evaluation.questions === 0) return <>—</>;
  const { value, low, high } = evaluation.mean;
  return (
    <>
      <strong>{percent(value)}</strong>{' '}
      <span class="quiet">
        [{percentage(low)}, {percentage(high)}]
      </span>
    </>
  );
}

function shareOf({ labels }: Closing, part: 'right' | 'illPosed'): string {
  if (labels?.computed) return part === 'right' ? 'computed' : '—';
  return labels === null || labels.labels === 0 ? '—' : percent(labels[part] / labels.labels, 0);
}
