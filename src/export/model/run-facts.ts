/** Reads from a run what the card of one of its models says: recipe, held-out results and benchmark results. */

import { resolve, join } from 'node:path';
import { fillReport } from '../../eval/report/fill-report.ts';
import type { EvalReport } from '../../eval/report/report.ts';
import { EVALUATIONS, readResults } from '../../eval/report/results.ts';
import { readLog } from '../../eval/log/log.ts';
import { adapterOf } from '../../loop/training/adapt.ts';
import { iterationRow } from '../../loop/run/summary.ts';
import { isModulePath, moduleLabel } from '../../modules.ts';
import { headlineEvaluations } from '../../store/headline-evaluations.ts';
import type { RunStore } from '../../store/store.ts';
import { changedSettings } from '../../view/runs/changed.ts';
import type { RunFacts } from './facts.ts';
import { publicSettings } from './public-config.ts';

/** Reads the facts of a run. `iteration` is the exported one; `isBest`: the run chose it. */
export function runFacts(store: RunStore, isBest: boolean): RunFacts {
  const { id, createdAt, version, config } = store.meta();
  return {
    id,
    created: createdAt,
    version,
    domain: moduleLabel(config.domain),
    isCustomDomain: isModulePath(config.domain),
    seed: config.seed,
    scale: config.scale,
    engine: config.engine.kind,
    adapter: adapterOf(config),
    changed: publicSettings(changedSettings(config)),
    supervised: store.summary()?.supervised === true,
    iterations: headlineEvaluations(store).map((evaluation) => iterationRow(store, evaluation)),
    isBest,
  };
}

/** Samples are not part of a card. */
const NO_SAMPLES = { samples: 0, completions: 0 };

/**
 * Reads the benchmark results of one iteration in a run's folder. Evaluations of the same iteration with other settings
 * are separate reports.
 * @throws EvalError for a file that cannot be read
 */
export function benchmarkReports(dir: string, iteration: number, isBest: boolean): EvalReport[] {
  return readResults(dir).flatMap(({ name, results }): EvalReport[] => {
    const isThis = results.model.iteration === iteration || (isBest && isExported(dir, results.model.location));
    if (!isThis || results.tasks.length === 0) return [];
    const log = readLog(join(dir, EVALUATIONS, name));
    try {
      return [fillReport(log, { results, limits: NO_SAMPLES })];
    } finally {
      log.close();
    }
  });
}

/** The evaluations of a run's best model name the folder that it was exported to. */
function isExported(dir: string, location: string): boolean {
  return resolve(location) === resolve(dir, 'best');
}
