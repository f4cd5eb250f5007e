/** The bar at the top: the list of runs, and the views of the current run. */

import { type Route, routeTo, type ViewName } from '../router.ts';

const TITLES: readonly (readonly [ViewName, string])[] = [
  ['loop', 'Loop'],
  ['curves', 'Curves'],
  ['questions', 'Questions'],
  ['evaluation', 'Evaluation'],
  ['talk', 'Talk'],
];

export function Navigation({ route: { view, run } }: { route: Route }) {
  return (
    <header class="bar">
      <a class="brand" href={routeTo('runs')} aria-current={view === 'runs' ? 'page' : undefined}>
        rzero
      </a>
      {run !== null && (
        <nav aria-label="Views of the run">
          <bdi class="run-name">{run}</bdi>
          {TITLES.map(([name, title]) => (
            <a key={name} href={routeTo(name, run)} aria-current={view === name ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
      )}
    </header>
  );
}
