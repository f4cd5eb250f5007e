/** One chart with its title, the values under the cursor, and the same values as a table. */

import { useMemo, useState } from 'preact/hooks';
import { compact, percent, significant } from '../../../../src/text/numbers.ts';
import { Chart } from '../../charts/chart.tsx';
import { nearest } from '../../charts/decimate.ts';
import type { Boundary, Line } from '../../charts/line.ts';
import { type ChartSpec, type Group, type Unit } from './catalog.ts';
import { linesOf, type RunSeries } from './lines.ts';
import { ValueTable } from './value-table.tsx';

export interface PanelProps {
  spec: ChartSpec;
  group: Group;
  runs: readonly RunSeries[];
  boundaries: readonly Boundary[];
  smoothing: number;
  log: boolean;
  range: readonly [number, number] | null;
  onRange: (range: [number, number] | null) => void;
}

export function Panel({ spec, group, runs, boundaries, smoothing, log, range, onRange }: PanelProps) {
  const lines = useMemo(() => linesOf(spec, group, runs), [spec, group.colour, group.once, runs]);
  const [cursor, setCursor] = useState<{ x: number; byKey: boolean } | null>(null);
  const format = formatOf(spec.unit);
  const axisFormat = spec.unit === 'share' ? tick : format;
  const shown = lines.map((line) => ({ line, at: cursor === null ? line.x.length - 1 : nearest(line.x, cursor.x) }));
  const place = shown.length === 0 ? '' : shown[0].line.place(shown[0].at);
  if (lines.length === 0) return null;
  return (
    <figure class="card panel" data-chart={spec.title}>
      <figcaption>
        <h3 title={spec.note}>
          {spec.title}
          {runs.length > 1 && spec.lines.length > 1 && <span class="quiet"> {spec.lines[0].name}</span>}
        </h3>
        <span class="panel-place">{cursor === null ? `newest: ${place}` : place}</span>
        <span class="readout">
          {shown.map(({ line, at }) => (
            <span key={line.key} class="readout-item">
              <Swatch line={line} />
              <span class="readout-name">{line.run === null && lines.length > 1 ? line.name : ''}</span>
              <strong>{valueText(line.y[at], format)}</strong>
              {line.low.length > 0 && <span class="quiet">{bandText(line, at, format)}</span>}
            </span>
          ))}
        </span>
      </figcaption>
      <Chart
        title={spec.title}
        lines={lines}
        format={axisFormat}
        formatX={(x) => (group.once && x === 0 ? 'base' : String(x))}
        boundaries={boundaries}
        syncKey={group.key}
        smoothing={group.once ? 0 : smoothing}
        log={log}
        height={190}
        range={range}
        onRange={onRange}
        onCursor={(x, byKey) => setCursor(x === null ? null : { x, byKey })}
      />
      <p class="unseen" aria-live="polite">
        {cursor?.byKey === true &&
          `${place}: ${shown.map(({ line, at }) => `${line.run ?? ''} ${line.name} ${valueText(line.y[at], format)}`).join(', ')}`}
      </p>
      <ValueTable title={spec.title} lines={lines} format={format} />
    </figure>
  );
}

/** A piece of the line, with its dashes. */
export function Swatch({ line: { colour, dash } }: { line: Pick<Line, 'colour' | 'dash'> }) {
  return (
    <svg class="swatch" viewBox="0 0 22 8" aria-hidden="true">
      <line
        x1="1"
        x2="21"
        y1="4"
        y2="4"
        stroke={`var(${colour})`}
        stroke-width="2.4"
        stroke-dasharray={dash.join(' ')}
      />
    </svg>
  );
}

/** How values of a unit are written. */
export function formatOf(unit: Unit): (value: number) => string {
  if (unit === 'share') return (value) => percent(value);
  return unit === 'count' ? compact : significant;
}

/** A share next to the axis: with a decimal only where the ticks need one. */
function tick(value: number): string {
  return percent(value, Math.abs(value * 100 - Math.round(value * 100)) < 1e-6 ? 0 : 1);
}

function valueText(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '—' : format(value);
}

function bandText({ low, high }: Line, at: number, format: (value: number) => string): string {
  const [from, to] = [low[at], high[at]];
  return from === null || to === null || from === undefined || to === undefined
    ? ''
    : `[${format(from)}, ${format(to)}]`;
}
