/** Says that the page's server is gone because the run that served it has ended. */

import type { ServerInfo } from '../../../src/view/server/types.ts';
import { useLive } from '../source/live.ts';
import { Icon } from './icons.tsx';
import { Command } from './states.tsx';

export function Ended({ run, server }: { run: string | null; server: ServerInfo | null }) {
  const { connection } = useLive(run);
  if (server === null || server.run === null || connection !== 'lost') return null;
  return (
    <p class="ended" role="status">
      <Icon name="alert" /> The run has ended, and its server with it. This page shows what it knew last.{' '}
      <Command>npx rzero serve</Command> shows all runs.
    </p>
  );
}
