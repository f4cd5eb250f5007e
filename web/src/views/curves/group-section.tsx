/** The charts of one group. They share their zoom and their cursor. */

import { useState } from 'preact/hooks';
import type { Group } from './catalog.ts';
import { boundariesOf, type RunSeries } from './lines.ts';
import { Panel } from './panel.tsx';

export interface GroupSectionProps {
  group: Group;
  runs: readonly RunSeries[];
  smoothing: number;
  log: boolean;
}

export function GroupSection({ group, runs, smoothing, log }: GroupSectionProps) {
  const [range, setRange] = useState<[number, number] | null>(null);
  const boundaries = boundariesOf(group, runs[0]);
  return (
    <section class="curve-group" aria-labelledby={`group-${group.key}`}>
      <div class="section-head">
        <h2 id={`group-${group.key}`}>{group.title}</h2>
        {range === null ? (
          <span class="quiet">{group.once ? 'by iteration' : 'by step'}</span>
        ) : (
          <button type="button" class="small" onClick={() => setRange(null)}>
            Show all
          </button>
        )}
      </div>
      <div class="panels">
        {group.charts.map((spec) => (
          <Panel
            key={spec.title}
            spec={spec}
            group={group}
            runs={runs}
            boundaries={boundaries}
            smoothing={smoothing}
            log={log}
            range={range}
            onRange={setRange}
          />
        ))}
      </div>
    </section>
  );
}
