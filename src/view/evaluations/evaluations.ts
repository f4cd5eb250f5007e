/** Reads the held-out scores of a run, and the reports of its benchmarks. `eval/` computes both. */

import { join } from 'node:path';
import { pairedGain } from '../../eval/paired.ts';
import { isEvaluation, readLog } from '../../eval/log/log.ts';
import { fillReport } from '../../eval/report/fill-report.ts';
import type { EvalReport } from '../../eval/report/report.ts';
import { EVALUATIONS, readResults } from '../../eval/report/results.ts';
import { openOverview } from '../../store/sqlite.ts';
import type { EvalResult } from '../../types.ts';
import { MissingItem } from '../missing.ts';
import type { EvaluationsView, HeldOutScore } from './types.ts';

/** Reads the held-out scores of all iterations and tests, and lists the reports. Throws StoreError or EvalError. */
export function readEvaluations(dir: string): EvaluationsView {
  const overview = openOverview(dir);
  try {
    return { heldOut: scoresOf(overview.evaluations()), reports: reportsOf(dir) };
  } finally {
    overview.close();
  }
}

function scoresOf(evaluations: readonly EvalResult[]): HeldOutScore[] {
  const bases = new Map(evaluations.filter(({ iteration }) => iteration === 0).map((one) => [one.task, one]));
  return evaluations.map((one): HeldOutScore => {
    const { perQuestion, perQuestionForced, ...result } = one;
    const base = one.iteration === 0 ? undefined : bases.get(one.task);
    // Another number of questions is another test.
    const isLike = base !== undefined && base.perQuestion.length === perQuestion.length && perQuestion.length > 0;
    if (!isLike) return { result, gain: null, forcedGain: null };
    const forced = base.perQuestionForced;
    return {
      result,
      gain: pairedGain(base.perQuestion, perQuestion),
      forcedGain:
        forced === null || perQuestionForced === null || forced.length !== perQuestionForced.length
          ? null
          : pairedGain(forced, perQuestionForced),
    };
  });
}

function reportsOf(dir: string): EvaluationsView['reports'] {
  return readResults(dir).map(({ name, results }) => ({
    name,
    model: results.model.name,
    created: createdAt(join(dir, EVALUATIONS, name)),
    tasks: results.tasks.map(({ title, metric, score }) => ({ title, metric, score })),
  }));
}

function createdAt(dir: string): string {
  if (!isEvaluation(dir)) return '';
  const log = readLog(dir);
  try {
    return log.createdAt();
  } finally {
    log.close();
  }
}

/** The folder of the base's evaluation on the benchmarks of the config. */
const BASE = 'iteration-0';

/**
 * Reads one report with samples. The reports that the run itself made are compared with the base. Throws MissingItem if
 * the run has no evaluation of this name.
 */
export function readReport(dir: string, name: string): EvalReport {
  const known = readResults(dir).some((one) => one.name === name);
  const folder = join(dir, EVALUATIONS, known ? name : BASE);
  if (!known || !isEvaluation(folder)) throw new MissingItem('The run has no evaluation with this name.');
  const base = join(dir, EVALUATIONS, BASE);
  const log = readLog(folder);
  try {
    if (!/^iteration-[1-9]\d*$/.test(name) || !isEvaluation(base)) return fillReport(log);
    const baseline = readLog(base);
    try {
      return fillReport(log, { baseline });
    } finally {
      baseline.close();
    }
  } finally {
    log.close();
  }
}
