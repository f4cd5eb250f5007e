/** Small signs, drawn in the colour of the text. Each stands next to a word that says the same. */

import type { ComponentChildren } from 'preact';

export type IconName =
  | 'check'
  | 'play'
  | 'pause'
  | 'stop'
  | 'cross'
  | 'alert'
  | 'ring'
  | 'broken'
  | 'sun'
  | 'moon'
  | 'auto'
  | 'search'
  | 'arrow';

const SHAPES: Readonly<Record<IconName, ComponentChildren>> = {
  check: <path d="M3 8.5 6.5 12 13 4.5" />,
  play: <path d="M5 3.5v9l7-4.5z" fill="currentColor" />,
  pause: <path d="M5.5 3.5v9M10.5 3.5v9" />,
  stop: <rect x="4" y="4" width="8" height="8" rx="1" fill="currentColor" />,
  cross: <path d="m4 4 8 8M12 4l-8 8" />,
  alert: <path d="M8 2.5 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.3" />,
  ring: <circle cx="8" cy="8" r="5" />,
  broken: <path d="M8 2v5l2 2-2 5M3 3h10v10H3z" />,
  sun: (
    <path d="M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1" />
  ),
  moon: <path d="M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z" />,
  auto: (
    <>
      <circle cx="8" cy="8" r="5.5" />
      <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
    </>
  ),
  search: <path d="M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.5 14 14" />,
  arrow: <path d="M2.5 8h11M9 3.5 13.5 8 9 12.5" />,
};

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {SHAPES[name]}
    </svg>
  );
}
