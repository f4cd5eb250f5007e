/** The list of runs: which there are, how far they are, how well they do. Several can be chosen and compared. */

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { RunCard } from '../../../../src/view/runs/types.ts';
import { plural } from '../../../../src/text/numbers.ts';
import { Icon } from '../../frame/icons.tsx';
import { useLoaded } from '../../frame/loaded.ts';
import { Command, Empty, Failure, Loading } from '../../frame/states.tsx';
import { routeTo } from '../../router.ts';
import type { ViewProps } from '../view.ts';
import { Broken } from './broken.tsx';
import { type RunSort, search, sorted } from './order.ts';
import './runs.css';
import { StartRun } from './start.tsx';
import { RunTable } from './table.tsx';

/** Milliseconds between two looks at the folder. */
const LOOK_MS = 4000;

const wanted = signal('');
const sort = signal<RunSort>('started');
const chosen = signal<ReadonlySet<string>>(new Set());

export function Runs({ source }: ViewProps) {
  const { data, error, reload } = useLoaded(() => source.runs(), []);
  const server = useLoaded(() => source.server(), []);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && reload(), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  if (data === null) return error === null ? <Loading what="the runs" /> : <Failure error={error} retry={reload} />;
  const canChange = server.data?.control === true;
  if (data.length === 0) return <NoRuns>{canChange && <StartRun onDone={reload} />}</NoRuns>;
  const readable = data.filter(({ state }) => state !== 'broken');
  const shown = sorted(search(readable, wanted.value), sort.value);
  return (
    <>
      <div class="runs-head">
        <h1>Runs</h1>
        <span class="runs-count">{summary(readable)}</span>
        <label class="search">
          <Icon name="search" />
          <span class="unseen">Search runs by name, model, domain or state</span>
          <input
            type="search"
            placeholder="Name, model, state …"
            value={wanted.value}
            onInput={({ currentTarget }) => (wanted.value = currentTarget.value)}
          />
        </label>
        <Compare runs={readable} />
        {canChange && <StartRun onDone={reload} />}
      </div>
      {error !== null && (
        <p class="runs-stale" role="status">
          <Icon name="alert" /> This list may be old: <bdi>{error.message}</bdi>
        </p>
      )}
      {shown.length === 0 ? (
        readable.length > 0 && <Empty title="No run matches the search." />
      ) : (
        <RunTable
          runs={shown}
          chosen={chosen.value}
          onChoose={choose}
          sort={sort.value}
          onSort={(by) => (sort.value = by)}
          onControl={canChange ? reload : null}
        />
      )}
      <Broken runs={data.filter(({ state }) => state === 'broken')} />
    </>
  );
}

function choose(id: string, isChosen: boolean): void {
  const next = new Set(chosen.value);
  if (isChosen) next.add(id);
  else next.delete(id);
  chosen.value = next;
}

function Compare({ runs }: { runs: readonly RunCard[] }) {
  const ids = runs.map(({ id }) => id).filter((id) => chosen.value.has(id));
  if (ids.length < 2) return <span class="compare-hint">Choose runs to compare them.</span>;
  const [first, ...others] = ids;
  return (
    <a class="compare" href={routeTo('curves', first, { settings: { with: others.join(',') } })}>
      Compare {ids.length} runs
    </a>
  );
}

function summary(runs: readonly RunCard[]): string {
  const running = runs.filter(({ state }) => state === 'running').length;
  return `${plural(runs.length, 'run')}${running === 0 ? '' : `, ${running} running`}`;
}

function NoRuns({ children }: { children: ComponentChildren }) {
  return (
    <Empty title="There are no runs in this folder yet.">
      <p>Start one in a terminal, and it appears here:</p>
      <p>
        <Command>npx rzero evolve --scale tiny</Command>
      </p>
      <p>It evolves the small model that comes with rzero, in about a minute, without a GPU.</p>
      {children}
    </Empty>
  );
}
