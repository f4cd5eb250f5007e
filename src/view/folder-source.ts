/**
 * Answers the page's questions from a folder of runs. It only reads. Each view has one reader in a folder of its own,
 * which gets the folder of a run; this file finds the folder.
 */

import { join, resolve } from 'node:path';
import { runFolders } from '../store/database.ts';
import { RZERO_VERSION } from '../store/version.ts';
import { MissingItem } from './missing.ts';
import { listRunCards } from './runs/cards.ts';
import type { ServerInfo } from './server/types.ts';
import type { ViewSource } from './source.ts';

/**
 * Opens a folder of runs for viewing. Every method throws MissingItem for what does not exist, else StoreError.
 * `about`: what the program that serves it can do.
 */
export function openFolder(runsDir: string, about: Partial<ServerInfo> = {}): ViewSource {
  const at = (id: string): string => runFolder(runsDir, id);
  return {
    server: async () => ({ version: RZERO_VERSION, control: false, talk: false, live: true, run: null, ...about }),
    runs: async () => listRunCards(runsDir),
    run: async (id) => notYet(at(id), 'run'),

    curves: async (id) => notYet(at(id), 'curves'),
    series: async (id, _names) => notYet(at(id), 'series'),

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
