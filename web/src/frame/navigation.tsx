/** The bar at the top: the list of runs, the views of the current run, and whether it is followed. */

import { type Route, routeTo, type ViewName } from '../router.ts';
import { useLive } from '../source/live.ts';
import { Icon, type IconName } from './icons.tsx';
import { choice, nextTheme, type ThemeChoice } from './theme.ts';

const TITLES: readonly (readonly [ViewName, string])[] = [
  ['loop', 'Loop'],
  ['curves', 'Curves'],
  ['questions', 'Questions'],
  ['evaluation', 'Evaluation'],
  ['talk', 'Talk'],
];

/** Returns the title of a view. */
export function viewTitle(view: ViewName): string {
  return TITLES.find(([name]) => name === view)?.[1] ?? 'Runs';
}

export function Navigation({ route: { view, run } }: { route: Route }) {
  return (
    <header class="bar">
      <a class="brand" href={routeTo('runs')} aria-current={view === 'runs' ? 'page' : undefined}>
        <Mark />
        rzero
      </a>
      {run !== null && (
        <>
          <span class="run-name" title={run}>
            <bdi>{run}</bdi>
          </span>
          <nav class="tabs" aria-label="Views of the run">
            {TITLES.map(([name, title]) => (
              <a key={name} href={routeTo(name, run)} aria-current={view === name ? 'page' : undefined}>
                {title}
              </a>
            ))}
          </nav>
        </>
      )}
      <span class="bar-end">
        <LiveMark run={run} />
        <ThemeButton />
      </span>
    </header>
  );
}

function Mark() {
  return (
    <svg class="logo" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d="M8 2a6 6 0 1 0 6 6" fill="none" stroke="var(--solver)" stroke-width="2.2" />
      <circle cx="8" cy="8" r="1.8" fill="var(--challenger)" />
    </svg>
  );
}

/** Whether news of the run arrive. */
function LiveMark({ run }: { run: string | null }) {
  const { connection, running, gone } = useLive(run);
  if (gone) return <span class="live live-lost">deleted</span>;
  if (connection === 'lost') {
    return (
      <span class="live live-lost" role="status">
        connecting again
      </span>
    );
  }
  if (connection !== 'open' || running !== true) return null;
  return (
    <span class="live live-on" role="status">
      live
    </span>
  );
}

const THEME_ICONS: Readonly<Record<ThemeChoice, IconName>> = { auto: 'auto', light: 'sun', dark: 'moon' };

/** Changes the theme. */
export function ThemeButton() {
  const text = `Theme: ${choice.value === 'auto' ? 'as the system' : choice.value}`;
  return (
    <button type="button" class="icon-button" onClick={nextTheme} aria-label={text} title={text}>
      <Icon name={THEME_ICONS[choice.value]} />
    </button>
  );
}
