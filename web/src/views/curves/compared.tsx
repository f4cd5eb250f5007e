/** The compared runs: which line is whose, and their scores side by side. */

import { gainPoints, percent } from '../../../../src/text/numbers.ts';
import type { RunCard } from '../../../../src/view/runs/types.ts';
import { RunStateMark } from '../../frame/run-state.tsx';
import { routeTo } from '../../router.ts';
import { runColour, runDash } from './lines.ts';
import { Swatch } from './panel.tsx';

export interface ComparedProps {
  cards: readonly RunCard[];
  onRemove: (id: string) => void;
}

export function Compared({ cards, onRemove }: ComparedProps) {
  if (cards.length < 2) return null;
  const iterations = [...new Set(cards.flatMap(({ scores }) => scores.map(({ iteration }) => iteration)))].toSorted(
    (a, b) => a - b,
  );
  return (
    <section class="card compared" aria-labelledby="compared-title">
      <h2 id="compared-title">Compared runs: held-out scores</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Scores of the compared runs">
        <table>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">State</th>
              {iterations.map((iteration) => (
                <th key={iteration} scope="col">
                  {iteration === 0 ? 'base' : iteration}
                </th>
              ))}
              <th scope="col">Gain, points</th>
              <th scope="col">
                <span class="unseen">Remove</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {cards.map(({ id, state, scores, gain }, at) => (
              <tr key={id}>
                <th scope="row">
                  <Swatch line={{ colour: runColour(at), dash: runDash(at) }} />{' '}
                  <a href={routeTo('loop', id)}>
                    <bdi>{id}</bdi>
                  </a>
                </th>
                <td>
                  <RunStateMark state={state} />
                </td>
                {iterations.map((iteration) => {
                  const score = scores.find((one) => one.iteration === iteration);
                  return <td key={iteration}>{score === undefined ? '—' : percent(score.mean.value)}</td>;
                })}
                <td>{gain === null ? '—' : gainPoints(gain)}</td>
                <td>
                  {at > 0 && (
                    <button type="button" class="small" aria-label={`Remove ${id}`} onClick={() => onRemove(id)}>
                      ×
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
