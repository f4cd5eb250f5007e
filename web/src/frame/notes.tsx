/** What a reader should know of the program behind the page: it ends with its run, or its file lacks something. */

import type { ViewSource } from '../../../src/view/source.ts';
import { useLive } from '../source/live.ts';
import { useLoaded } from './loaded.ts';
import './notes.css';

export function Notes({ source, run }: { source: ViewSource; run: string | null }) {
  const { data: server } = useLoaded(() => source.server(), []);
  const { connection } = useLive(run);
  if (server === null) return null;
  if (server.leftOut !== undefined) {
    return (
      <p class="notes" role="note">
        This file is too small for the whole run. Left out: {server.leftOut.join('; ')}. <code>rzero serve</code> shows
        all of it.
      </p>
    );
  }
  if (server.run !== null && connection === 'lost') {
    return (
      <p class="notes" role="status">
        The program that worked on <bdi>{server.run}</bdi> has ended, and its page with it. <code>rzero serve</code>{' '}
        shows the run again, here if it gets the same address.
      </p>
    );
  }
  return null;
}
