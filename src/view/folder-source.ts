/**
 * Answers the page's questions from a folder of runs. It only reads. Each view has one reader in a folder of its own,
 * which gets the folder of a run; this file finds the folder.
 */

import { join, resolve } from 'node:path';
import { runFolders } from '../store/database.ts';
import { listCurves, readSeries } from './curves/read.ts';
import { MissingItem } from './missing.ts';
import { listRunCards } from './runs/cards.ts';
import { RunLogs } from './runs/run-log.ts';
import { readRunView } from './runs/run-view.ts';
import type { ViewSource } from './source.ts';

/** Opens a folder of runs for viewing. Every method throws MissingItem for what does not exist, else StoreError. */
export function openFolder(runsDir: string): ViewSource {
  const at = (id: string): string => runFolder(runsDir, id);
  const logs = new RunLogs();
  return {
    runs: async () => listRunCards(runsDir),
    run: async (id) => readRunView(at(id), logs),

    curves: async (id) => listCurves(at(id)),
    series: async (id, names) => readSeries(at(id), names),

    questions: async (id, _query) => notYet(at(id), 'questions'),
    question: async (id, _question) => notYet(at(id), 'question'),
    pools: async (id) => notYet(at(id), 'pools'),
    heldOut: async (id) => notYet(at(id), 'held-out'),

    evaluations: async (id) => notYet(at(id), 'evaluations'),
    evaluation: async (id, _name) => notYet(at(id), 'evaluation'),
  };
}

/**
 * Returns the folder of a run. The id is only compared with the names in `runsDir`, so that no id leads anywhere else.
 * Throws MissingItem if no run has this id.
 */
export function runFolder(runsDir: string, id: string): string {
  const root = resolve(runsDir);
  const name = runFolders(root).find((known) => known === id);
  if (name === undefined) throw new MissingItem('There is no run with this id.');
  return join(root, name);
}

function notYet(_dir: string, view: string): never {
  throw new MissingItem(`The view "${view}" is not there yet.`);
}
