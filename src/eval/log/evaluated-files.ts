/**
 * The files of an evaluated model, by content. The fingerprint of a model's identity reads only both ends of large
 * files, because it names folders and must be found quickly. The evaluation itself also records every file completely, so
 * that it is never continued with weights that differ in the middle.
 */

import { EvalError, ModelLoadError } from '../../errors.ts';
import type { ModelIdentity } from '../../generate/open-model.ts';
import { confirmModelOfRun, pinModelOfRun, type PinnedModel } from '../../generate/run-inputs.ts';
import { type EvaluationAbout, isEvaluation, readLog } from './log.ts';

/**
 * Returns the pins for a new evaluation of a model in `folder`. For an existing one of the same fingerprint, compares the
 * model with its record. Undefined for a model that is in no folder on this machine, and for an evaluation that recorded
 * no files.
 * @throws EvalError if the model has changed since the evaluation began
 */
export async function evaluatedFiles(folder: string, model: ModelIdentity): Promise<PinnedModel | undefined> {
  if (model.fingerprint === null) return undefined;
  if (!isEvaluation(folder)) return pinModelOfRun(model.location);
  const { files, model: before } = recordIn(folder);
  if (files !== undefined && before.fingerprint === model.fingerprint) await confirm(folder, model, files);
  return files;
}

async function confirm(folder: string, model: ModelIdentity, files: PinnedModel): Promise<void> {
  const advice = 'Evaluate it again with --fresh, which keeps the earlier evaluation under another name.';
  try {
    await confirmModelOfRun(model.location, files, { advice, model: 'the model', since: 'its evaluation began' });
  } catch (error) {
    if (!(error instanceof ModelLoadError)) throw error;
    const [message] = error.message.split('\n', 1);
    throw new EvalError(`${message} The evaluation in ${folder} is of the earlier one.`, advice, { cause: error });
  }
}

function recordIn(folder: string): EvaluationAbout {
  const log = readLog(folder);
  try {
    return log.about();
  } finally {
    log.close();
  }
}
