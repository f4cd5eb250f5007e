/** The list of runs. */

import { basename } from 'node:path';
import { headlineEvaluations } from '../../store/headline-evaluations.ts';
import { listRuns, type RunListing } from '../../store/runs.ts';
import { openOverview } from '../../store/sqlite.ts';
import { gainOver } from './gains.ts';
import type { RunCard } from './types.ts';

/** Lists all runs of a folder, newest first, then the ones that cannot be read. */
export function listRunCards(runsDir: string): RunCard[] {
  return listRuns(runsDir).map(cardOf);
}

const UNKNOWN = { created: null, model: null, domain: null, cursor: null, iterations: null, scores: [], gain: null };

/** Describes one listed run. A run that was deleted since it was listed is broken. */
export function cardOf(run: RunListing): RunCard {
  const id = basename(run.dir);
  if (run.outcome === 'broken') return { id, state: 'broken', problem: run.reason, ...UNKNOWN };
  const { created, model, domain, cursor, iterations, outcome } = run;
  return { id, state: outcome, problem: null, created, model, domain, cursor, iterations, ...scoresOf(run.dir) };
}

function scoresOf(dir: string): Pick<RunCard, 'scores' | 'gain'> {
  const overview = openOverview(dir);
  try {
    const results = headlineEvaluations(overview).filter(({ questions }) => questions > 0);
    return {
      scores: results.map(({ iteration, mean }) => ({ iteration, mean })),
      gain: gainOver(
        results.find(({ iteration }) => iteration === 0),
        results.at(-1),
      ),
    };
  } finally {
    overview.close();
  }
}
