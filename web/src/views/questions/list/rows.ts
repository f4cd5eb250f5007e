/** The lines of a query, loaded page by page as they come into view. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { QuestionPage, QuestionQuery, QuestionRow } from '../../../../../src/view/questions/types.ts';
import type { ViewSource } from '../../../../../src/view/source.ts';

const PAGE = 100;
/** Pages that are kept: enough for all that is near what is shown. */
const MOST_PAGES = 60;

export interface Lines {
  /** Of the newest answer; null before the first. */
  about: Omit<QuestionPage, 'rows'> | null;
  error: Error | null;
  /** The query has changed, and its answer has not arrived. */
  isStale: boolean;
  /** Returns a line; undefined if it is not loaded. */
  at(index: number): QuestionRow | undefined;
  /** Loads the lines from `first` up to `last`, if they are missing. */
  want(first: number, last: number): void;
  retry(): void;
}

interface Loaded {
  key: string;
  about: Omit<QuestionPage, 'rows'> | null;
  error: Error | null;
  pages: Map<number, QuestionRow[]>;
}

const NOTHING: Loaded = { key: '', about: null, error: null, pages: new Map() };

/** Loads lines. When `version` grows, the pages in view are loaded again, and stay until the new ones are there. */
export function useLines(source: ViewSource, run: string, query: QuestionQuery, version: number): Lines {
  const key = JSON.stringify([run, query]);
  const [loaded, setLoaded] = useState<Loaded>(NOTHING);
  const [round, setRound] = useState(0);
  const state = useRef({ key, version, pending: new Set<number>(), shown: [0, 0] });

  const load = (page: number): void => {
    const { pending } = state.current;
    if (pending.has(page)) return;
    pending.add(page);
    void loadPage(page, pending);
  };
  const loadPage = async (page: number, pending: Set<number>): Promise<void> => {
    const keep = (next: (before: Loaded) => Loaded): void => {
      pending.delete(page);
      if (state.current.key === key) setLoaded(next);
    };
    try {
      const { rows, ...about } = await source.questions(run, { ...query, offset: page * PAGE, limit: PAGE });
      keep((before) => withPage(before, { key, about, page, rows }));
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      keep((before) => ({ ...before, error }));
    }
  };

  useEffect(() => {
    const isNewQuery = state.current.key !== key;
    state.current = { key, version, pending: new Set(), shown: isNewQuery ? [0, 0] : state.current.shown };
    const [first, last] = state.current.shown;
    // Pages out of view are old now; those in view stay until the new ones are there.
    setLoaded((before) => ({
      ...before,
      pages: new Map([...before.pages].filter(([page]) => page >= first && page <= last)),
    }));
    for (let page = first; page <= last; page++) load(page);
  }, [key, version, round]);

  const isStale = loaded.key !== key;
  return {
    about: loaded.about,
    error: loaded.error,
    isStale,
    at: (index) => loaded.pages.get(Math.floor(index / PAGE))?.[index % PAGE],
    want: (first, last) => {
      if (isStale) return;
      const pages = [Math.floor(first / PAGE), Math.floor(Math.max(first, last - 1) / PAGE)];
      state.current.shown = pages;
      for (let page = pages[0]; page <= pages[1]; page++) if (!loaded.pages.has(page)) load(page);
    },
    retry: () => setRound((number) => number + 1),
  };
}

interface Answer {
  key: string;
  about: Omit<QuestionPage, 'rows'>;
  page: number;
  rows: QuestionRow[];
}

function withPage(before: Loaded, { key, about, page, rows }: Answer): Loaded {
  const pages = new Map(before.key === key ? before.pages : []);
  pages.delete(page);
  pages.set(page, rows);
  for (const old of pages.keys()) if (pages.size > MOST_PAGES) pages.delete(old);
  return { key, about, error: null, pages };
}
