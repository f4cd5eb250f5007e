/**
 * Addresses of the page. The address after `#` names the view, the run and the settings of the view, so that a view can
 * be bookmarked, and works in a file opened from disk: `#/RUN/questions?iterations=2&verdict=kept`.
 */

import { signal } from '@preact/signals';

export const VIEW_NAMES = ['runs', 'loop', 'curves', 'questions', 'evaluation', 'talk'] as const;
export type ViewName = (typeof VIEW_NAMES)[number];

export interface Route {
  view: ViewName;
  /** Null for the list of runs. */
  run: string | null;
  /** What follows the view in the address: the id of a question, the name of a report. */
  item: string | null;
  settings: URLSearchParams;
}

/** Reads an address. An unknown one is the list of runs. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  const [run, view, ...item] = path.split('/').filter(Boolean).map(decodePart);
  const settings = new URLSearchParams(query);
  if (run === undefined) return { view: 'runs', run: null, item: null, settings };
  const name = VIEW_NAMES.find((known) => known === view) ?? 'loop';
  return { view: name, run, item: item.length === 0 ? null : item.join('/'), settings };
}

/** Writes an address. */
export function routeTo(
  view: ViewName,
  run: string | null = null,
  { item = null, settings = {} }: { item?: string | null; settings?: Record<string, string> } = {},
): string {
  if (run === null) return '#/';
  const path = [run, view, ...(item === null ? [] : [item])].map(encodeURIComponent).join('/');
  const query = new URLSearchParams(settings).toString();
  return `#/${path}${query === '' ? '' : `?${query}`}`;
}

const current = signal(parseRoute(globalThis.location?.hash ?? ''));
globalThis.addEventListener?.('hashchange', () => {
  current.value = parseRoute(location.hash);
});

/** Returns the route of the address, and draws again when it changes. */
export function useRoute(): Route {
  return current.value;
}

/** Changes the settings in the address without a new entry in the browser's history. An empty text removes one. */
export function changeSettings(changes: Readonly<Record<string, string>>): void {
  const { view, run, item, settings } = current.value;
  const next = new URLSearchParams(settings);
  for (const [name, value] of Object.entries(changes)) {
    if (value === '') next.delete(name);
    else next.set(name, value);
  }
  history.replaceState(null, '', routeTo(view, run, { item, settings: Object.fromEntries(next) }));
  current.value = parseRoute(location.hash);
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
