/** Buttons that stop, continue or delete a run, for a server that allows it. */

import type { RunCard } from '../../../../src/view/runs/types.ts';

export function Controls(_props: { run: RunCard; onDone: () => void }) {
  return null;
}
