/** Every other metric of the run: a list, from which any number can be drawn. */

import { useMemo, useState } from 'preact/hooks';
import { count } from '../../../../src/text/numbers.ts';
import type { CurveName } from '../../../../src/view/curves/types.ts';
import { type Group, isOnce, unitOf } from './catalog.ts';
import { GroupSection } from './group-section.tsx';
import type { RunSeries } from './lines.ts';

export interface MoreMetricsProps {
  /** Metrics that no group draws. */
  names: readonly CurveName[];
  chosen: readonly string[];
  onChoose: (names: readonly string[]) => void;
  runs: readonly RunSeries[];
  smoothing: number;
  log: boolean;
}

export function MoreMetrics({ names, chosen, onChoose, runs, smoothing, log }: MoreMetricsProps) {
  const [wanted, setWanted] = useState('');
  const groups = useMemo(() => [true, false].map((once) => groupOf(chosen, once)), [chosen.join()]);
  const shown = names.filter(({ name }) => name.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <>
      <details class="card more-metrics" open={chosen.length > 0}>
        <summary>All metrics: {count(names.length)} more</summary>
        <input
          type="search"
          aria-label="Find a metric"
          placeholder="Find a metric"
          value={wanted}
          onInput={({ currentTarget }) => setWanted(currentTarget.value)}
        />
        <ul>
          {shown.map(({ name, points }) => (
            <li key={name}>
              <label>
                <input
                  type="checkbox"
                  checked={chosen.includes(name)}
                  onChange={({ currentTarget }) =>
                    onChoose(currentTarget.checked ? [...chosen, name] : chosen.filter((one) => one !== name))
                  }
                />
                <code>{name}</code> <span class="quiet">{count(points)}</span>
              </label>
            </li>
          ))}
        </ul>
      </details>
      {groups
        .filter(({ charts }) => charts.length > 0)
        .map((group) => (
          <GroupSection key={group.key} group={group} runs={runs} smoothing={smoothing} log={log} />
        ))}
    </>
  );
}

function groupOf(chosen: readonly string[], once: boolean): Group {
  const names = chosen.filter((name) => isOnce(name) === once);
  return {
    key: once ? 'more-iterations' : 'more-steps',
    title: once ? 'Chosen metrics by iteration' : 'Chosen metrics by step',
    colour: '--series-1',
    once,
    charts: names.map((name) => ({ title: name, unit: unitOf(name), note: name, lines: [{ metric: name, name }] })),
  };
}
