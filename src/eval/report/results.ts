/**
 * Writes the results of an evaluation next to its log (numbers and an HTML page), and reads the evaluations
 * of a run. The contents are computed in `../summarize.ts` and `fill-report.ts`.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { EvalError, messageOf } from '../../errors.ts';
import { writeWhole } from '../../files/atomic-file.ts';
import { fillReport } from './fill-report.ts';
import { type EvaluationAbout, type EvaluationReader, isEvaluation } from '../log/log.ts';
import { isWritable } from '../../store/read-only.ts';
import { slugOf, type FoundModel } from '../../generate/open-model.ts';
import { shellWord } from '../../text/shell.ts';
import { reportHtml } from './report-html.ts';
import { type EvaluationResults, summarize } from '../summarize.ts';

/** Folder of evaluations, in a run or in the working directory. */
export const EVALUATIONS = 'evaluations';
const RESULTS_FILE = 'results.json';
const REPORT_FILE = 'report.html';

/**
 * Returns the folder of a model's evaluation with these settings, within its run if there is one that can be written,
 * otherwise in the working directory. The same command finds it again.
 */
export function evaluationFolder(found: FoundModel, settings: EvaluationAbout['settings']): string {
  const { inRun, here } = foldersOf(found, settings);
  return inRun === null || !canEvaluateIn(inRun) ? here : inRun;
}

/** Returns the folder of an existing evaluation: where a new one would be, or in its run. */
export function storedEvaluationFolder(found: FoundModel, settings: EvaluationAbout['settings']): string {
  const { inRun } = foldersOf(found, settings);
  const folder = evaluationFolder(found, settings);
  return inRun !== null && !isEvaluation(folder) && isEvaluation(inRun) ? inRun : folder;
}

function foldersOf(
  { identity, runDir }: FoundModel,
  settings: EvaluationAbout['settings'],
): { inRun: string | null; here: string } {
  const what = JSON.stringify([identity.fingerprint ?? identity.location, settings]);
  const hash = createHash('sha256').update(what).digest('hex').slice(0, 8);
  const name = `${slugOf(identity)}-${hash}`;
  if (runDir === null) return { inRun: null, here: join('.', EVALUATIONS, name) };
  return { inRun: join(runDir, EVALUATIONS, name), here: join('.', EVALUATIONS, `${basename(runDir)}-${name}`) };
}

/** Returns whether an evaluation can be written: its folder, or the nearest one above it that exists. */
function canEvaluateIn(folder: string): boolean {
  return existsSync(folder) ? isWritable(folder) : canEvaluateIn(dirname(folder));
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
        `Write it again: \`rzero eval --rescore --out ${shellWord(join(root, name))}\`.`,
        { cause },
      );
    }
  });
}
