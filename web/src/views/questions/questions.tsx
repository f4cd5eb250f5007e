/**
 * The questions of a run: the list, the pools of all iterations side by side, the held-out test through time, and one
 * question. Next: `list/list.tsx`, `pools/pools.tsx`, `held-out/held-out.tsx`, `detail/detail.tsx`.
 */

import type { JSX } from 'preact';
import { routeTo } from '../../router.ts';
import { useLive } from '../../source/live.ts';
import type { ViewProps } from '../view.ts';
import { Detail } from './detail/detail.tsx';
import { HeldOut } from './held-out/held-out.tsx';
import { HeldOutDetail } from './held-out/held-out-detail.tsx';
import { QuestionList } from './list/list.tsx';
import { HELD_OUT } from './parts/links.ts';
import { Pools } from './pools/pools.tsx';
import './questions.css';

const TABS = [
  ['list', 'All questions'],
  ['pools', 'Side by side'],
  ['held-out', 'Held-out test'],
] as const;

export function Questions(props: ViewProps): JSX.Element {
  const { route } = props;
  const { version } = useLive(route.run);
  if (route.item?.startsWith(HELD_OUT) === true) {
    return <HeldOutDetail {...props} id={route.item.slice(HELD_OUT.length)} version={version} />;
  }
  if (route.item !== null) return <Detail key={route.item} {...props} id={route.item} version={version} />;
  const shown = TABS.find(([name]) => name === route.settings.get('show'))?.[0] ?? 'list';
  return (
    <>
      <div class="q-head">
        <h1>Questions</h1>
        <nav class="q-tabs" aria-label="Views of the questions">
          {TABS.map(([name, title]) => (
            <a
              key={name}
              href={routeTo('questions', route.run, { settings: name === 'list' ? {} : { show: name } })}
              aria-current={shown === name ? 'page' : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
      </div>
      {shown === 'list' && <QuestionList {...props} version={version} />}
      {shown === 'pools' && <Pools {...props} version={version} />}
      {shown === 'held-out' && <HeldOut {...props} version={version} />}
    </>
  );
}
