/**
 * Writes the results of an evaluation next to its log (numbers and an HTML page), and reads the evaluations
 * of a run. The contents are computed in `../summarize.ts` and `fill-report.ts`.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { EvalError, messageOf } from '../../errors.ts';
import { writeWhole } from '../../files/atomic-file.ts';
import { fillReport } from './fill-report.ts';
import type { EvaluationAbout, EvaluationReader } from '../log/log.ts';
import { slugOf, type FoundModel } from '../../generate/open-model.ts';
import { reportHtml } from './report-html.ts';
import { type EvaluationResults, summarize } from '../summarize.ts';

/** Folder of evaluations, in a run or in the working directory. */
export const EVALUATIONS = 'evaluations';
const RESULTS_FILE = 'results.json';
const REPORT_FILE = 'report.html';

/**
 * Returns the folder of a model's evaluation with these settings, within its run if there is one. The same
 * command finds it again.
 */
export function evaluationFolder({ identity, runDir }: FoundModel, settings: EvaluationAbout['settings']): string {
  const what = JSON.stringify([identity.fingerprint ?? identity.location, settings]);
  const hash = createHash('sha256').update(what).digest('hex').slice(0, 8);
  return join(runDir ?? '.', EVALUATIONS, `${slugOf(identity)}-${hash}`);
}

/** Writes `results.json` and `report.html` next to a log. With `baseline`, the page includes its scores. */
export function writeResults(log: EvaluationReader, baseline?: EvaluationReader): EvaluationResults {
  const results = summarize(log);
  writeWhole(join(log.dir, RESULTS_FILE), `${JSON.stringify(results, null, 2)}\n`);
  writeWhole(join(log.dir, REPORT_FILE), reportHtml(fillReport(log, { results, baseline })));
  return results;
}

/**
 * Reads the results of all evaluations in a run's folder (or another folder with `evaluations/`), by folder
 * name. Throws EvalError for an unreadable file.
 */
export function readResults(runDir: string): { name: string; results: EvaluationResults }[] {
  const root = join(runDir, EVALUATIONS);
  if (!existsSync(root)) return [];
  const names = readdirSync(root).filter((name) => existsSync(join(root, name, RESULTS_FILE)));
  return names.toSorted().map((name) => {
    const path = join(root, name, RESULTS_FILE);
    try {
      const results: EvaluationResults = JSON.parse(readFileSync(path, 'utf8'));
      return { name, results };
    } catch (cause) {
      throw new EvalError(
        `${path} cannot be read: ${messageOf(cause)}.`,
        'Write it again with `rzero eval --rescore --out FOLDER`.',
        { cause },
      );
    }
  });
}
