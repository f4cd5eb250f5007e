/** Answers the page's questions from a folder of runs. It only reads. */

import type { ViewSource } from './source.ts';
import { listRunCards } from './runs/cards.ts';

/** Opens a folder of runs for viewing. */
export function openFolder(runsDir: string): Pick<ViewSource, 'runs'> {
  return {
    runs: async () => listRunCards(runsDir),
  };
}
