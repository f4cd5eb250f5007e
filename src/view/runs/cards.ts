/** The list of runs. */

import { basename } from 'node:path';
import { headlineEvaluations } from '../../store/headline-evaluations.ts';
import { listRuns, type RunListing } from '../../store/runs.ts';
import { openOverview } from '../../store/sqlite.ts';
import type { RunCard } from './types.ts';

/** Lists all runs of a folder, newest first, then the ones that cannot be read. */
export function listRunCards(runsDir: string): RunCard[] {
  return listRuns(runsDir).map(cardOf);
}

function cardOf(run: RunListing): RunCard {
  const id = basename(run.dir);
  if (run.outcome === 'broken') return { id, state: 'broken', problem: run.reason, ...UNKNOWN };
  const { created, model, domain, cursor, iterations, outcome } = run;
  const scores = scoresOf(run.dir);
  return { id, state: outcome, problem: null, created, model, domain, cursor, iterations, scores };
}

const UNKNOWN = { created: null, model: null, domain: null, cursor: null, iterations: null, scores: [] };

function scoresOf(dir: string): RunCard['scores'] {
  const overview = openOverview(dir);
  try {
    return headlineEvaluations(overview).map(({ iteration, mean }) => ({ iteration, mean }));
  } finally {
    overview.close();
  }
}
