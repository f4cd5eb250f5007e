/**
 * Answers the page's questions from a folder of runs. It only reads. Each view has one reader in a folder of its own,
 * which gets the folder of a run; this file finds the folder.
 */

import { join, resolve } from 'node:path';
import { runFolders } from '../store/database.ts';
import { RZERO_VERSION } from '../store/version.ts';
import { listCurves, readSeries } from './curves/read.ts';
import { readEvaluations, readReport } from './evaluations/evaluations.ts';
import { MissingItem } from './missing.ts';
import { openQuestionViews } from './questions/questions.ts';
import { listRunCards } from './runs/cards.ts';
import type { ServerInfo } from './server/types.ts';
import { RunLogs } from './runs/run-log.ts';
import { readRunView } from './runs/run-view.ts';
import type { ViewSource } from './source.ts';

/**
 * Opens a folder of runs for viewing. Every method throws MissingItem for what does not exist, else StoreError.
 * `about`: what the program that serves it can do.
 */
export function openFolder(runsDir: string, about: Partial<ServerInfo> = {}): ViewSource {
  const at = (id: string): string => runFolder(runsDir, id);
  const logs = new RunLogs();
  const views = openQuestionViews();
  return {
    server: async () => ({ version: RZERO_VERSION, control: false, talk: false, live: true, run: null, ...about }),
    runs: async () => listRunCards(runsDir),
    run: async (id) => readRunView(at(id), logs),

    curves: async (id) => listCurves(at(id)),
    series: async (id, names) => readSeries(at(id), names),

    questions: async (id, query) => views.questions(at(id), query),
    question: async (id, question) => views.question(at(id), question),
    pools: async (id) => views.pools(at(id)),
    heldOut: async (id) => views.heldOut(at(id)),

    evaluations: async (id) => readEvaluations(at(id)),
    evaluation: async (id, name) => readReport(at(id), name),
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
