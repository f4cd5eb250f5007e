/** Folders that cannot be read as runs, each with its reason. */

import type { RunCard } from '../../../../src/view/runs/types.ts';
import { RunStateMark } from '../../frame/run-state.tsx';

export function Broken({ runs }: { runs: readonly RunCard[] }) {
  if (runs.length === 0) return null;
  return (
    <section class="broken" aria-labelledby="broken-title">
      <h2 id="broken-title">Folders that cannot be read</h2>
      <ul>
        {runs.map(({ id, state, problem }) => (
          <li key={id} class="card">
            <p>
              <bdi>{id}</bdi> <RunStateMark state={state} />
            </p>
            <p class="problem">
              <bdi>{problem}</bdi>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
