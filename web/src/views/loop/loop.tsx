/** The loop of one run: what it does now, what every iteration did, and how it ended. */

import type { StampedEvent } from '../../../../src/events.ts';
import type { RunView } from '../../../../src/view/runs/types.ts';
import { useLoaded } from '../../frame/loaded.ts';
import { Failure, Loading } from '../../frame/states.tsx';
import { changeSettings, routeTo } from '../../router.ts';
import { useLive } from '../../source/live.ts';
import type { ViewProps } from '../view.ts';
import { Notices, Settings } from './aside.tsx';
import { ClosingTable } from './closing.tsx';
import { Head } from './head.tsx';
import { IterationTabs } from './iterations.tsx';
import './loop.css';
import { NewestList } from './newest.tsx';
import { Picture } from './picture.tsx';
import type { Progress } from './stage-card.tsx';

export function Loop({ source, route }: ViewProps) {
  const run = route.run ?? '';
  const live = useLive(route.run);
  const { data, error, reload } = useLoaded(() => source.run(run), [run, live.version]);
  const server = useLoaded(() => source.server(), []);
  const afterControl = (action: string): void => {
    if (action === 'Delete') location.hash = routeTo('runs');
    else reload();
  };
  if (data === null) return error === null ? <Loading what="the run" /> : <Failure error={error} retry={reload} />;
  const selected = selectedIteration(data, route.settings.get('iteration'));
  const iteration = data.iterations[selected];
  return (
    <div class="loop">
      <Head view={data} onControl={server.data?.control === true ? afterControl : null} />
      <IterationTabs view={data} selected={selected} onSelect={select} />
      <div id="iteration-panel" role="tabpanel" aria-labelledby={`iteration-${selected}`}>
        <Picture view={data} iteration={iteration} progress={progressOf(live.passing)} />
      </div>
      <ClosingTable view={data} selected={selected} />
      <div class="loop-below">
        <NewestList run={run} iteration={selected} newest={data.newest} />
        <div class="loop-side">
          <Notices notices={data.notices} />
          <Settings view={data} />
        </div>
      </div>
    </div>
  );
}

/** The chosen iteration; without a choice the newest, so that the page follows the run. */
function selectedIteration({ iterations }: RunView, wanted: string | null): number {
  const number = Number(wanted);
  const isThere = wanted !== null && iterations.some(({ iteration }) => iteration === number);
  return isThere ? number : iterations.length - 1;
}

function select(iteration: number): void {
  changeSettings({ iteration: String(iteration) });
}

function progressOf(event: StampedEvent | null): Progress | null {
  return event?.type === 'progress' ? event : null;
}
