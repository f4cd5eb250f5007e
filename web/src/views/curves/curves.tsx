/** The metrics of a run as curves; several runs overlaid. The address keeps what is compared and how it is drawn. */

import { useMemo, useRef } from 'preact/hooks';
import { useLoaded } from '../../frame/loaded.ts';
import { Empty, Failure, Loading } from '../../frame/states.tsx';
import { changeSettings } from '../../router.ts';
import { useLive } from '../../source/live.ts';
import type { ViewProps } from '../view.ts';
import { groupsOf, metricsOf } from './catalog.ts';
import { Compared } from './compared.tsx';
import './curves.css';
import { loadCurves } from './data.ts';
import { GroupSection } from './group-section.tsx';
import { MoreMetrics } from './more-metrics.tsx';

/** So many values are loaded again at every version, of which there are two a second. */
const POINTS_PER_VERSION = 20_000;

export function Curves({ source, route: { run, settings } }: ViewProps) {
  const first = run ?? '';
  const others = listed(settings.get('with')).filter((id) => id !== first);
  const chosen = listed(settings.get('metrics'));
  const live = useLive(run);
  const points = useRef(0);
  // Long series take long to send, so they are loaded again less often; the last version, at the end, counts in any case.
  const every = live.running === true ? Math.ceil(points.current / POINTS_PER_VERSION) : 1;
  const version = Math.floor(live.version / Math.max(1, every));
  const { data, error, reload } = useLoaded(
    () => loadCurves(source, [first, ...others], chosen),
    [first, others.join(), chosen.join(), version, live.running],
  );
  points.current = data?.points ?? 0;
  const names = data?.names ?? [];
  const groups = useMemo(() => groupsOf(names.map(({ name }) => name)), [names.map(({ name }) => name).join()]);
  if (data === null) return error === null ? <Loading what="the curves" /> : <Failure error={error} retry={reload} />;
  if (names.length === 0) {
    return <Empty title="This run has no metrics yet.">The first come when its first step is committed.</Empty>;
  }
  const smoothing = clamp(Number(settings.get('smooth') ?? 0), 0, 0.99);
  const log = settings.get('log') === '1';
  const drawn = new Set(metricsOf(groups));
  return (
    <div class="curves">
      <div class="curves-head">
        <h1>Curves</h1>
        <Tools smoothing={smoothing} log={log} />
      </div>
      <Compared
        cards={data.cards}
        onRemove={(id) => changeSettings({ with: others.filter((one) => one !== id).join(',') })}
      />
      {groups.map((group) => (
        <GroupSection key={group.key} group={group} runs={data.runs} smoothing={smoothing} log={log} />
      ))}
      <MoreMetrics
        names={names.filter(({ name }) => !drawn.has(name))}
        chosen={chosen}
        onChoose={(metrics) => changeSettings({ metrics: metrics.join(',') })}
        runs={data.runs}
        smoothing={smoothing}
        log={log}
      />
      <p class="quiet curves-help">
        Drag over a chart to zoom, double-click to show all. With the keyboard: arrows move the cursor, + and − zoom, 0
        shows all.
      </p>
    </div>
  );
}

function Tools({ smoothing, log }: { smoothing: number; log: boolean }) {
  return (
    <div class="tools">
      <label>
        Smoothing
        <input
          type="range"
          min="0"
          max="0.99"
          step="0.01"
          value={smoothing}
          onInput={({ currentTarget }) =>
            changeSettings({ smooth: currentTarget.value === '0' ? '' : currentTarget.value })
          }
        />
        <output>{smoothing === 0 ? 'off' : smoothing.toFixed(2)}</output>
      </label>
      <label>
        <input
          type="checkbox"
          checked={log}
          onChange={({ currentTarget }) => changeSettings({ log: currentTarget.checked ? '1' : '' })}
        />
        Logarithmic
      </label>
    </div>
  );
}

function listed(text: string | null): string[] {
  return [...new Set((text ?? '').split(',').filter((part) => part !== ''))];
}

function clamp(value: number, low: number, high: number): number {
  return Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : low;
}
