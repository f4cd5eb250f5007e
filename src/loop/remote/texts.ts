/** The folder of a run's tokenizer and chat template, if its model is on a service. */

import { ConfigError, messageOf, ModelLoadError } from '../../errors.ts';
import { isNamedByRun } from '../../generate/run-model.ts';
import { readAdapterSettings } from '../../models/adapters/adapter-folder.ts';
import type { HubOptions } from '../../models/hub/hub.ts';
import { obtainModel } from '../../models/hub/obtain-model.ts';

/**
 * Returns the folder with the texts of a model: tokenizer, chat template, configs. Downloads them, without weights, if
 * the model is on the hub.
 * @throws ConfigError if the name is that of a run or of an adapter, which a service cannot start from; ModelLoadError
 *   if there are no texts
 */
export async function obtainTexts(model: string, runsDir: string, options: HubOptions = {}): Promise<string> {
  if (isNamedByRun(model, runsDir)) {
    throw new ConfigError(
      `${model} is a run. A new run on a service starts from a base model of the service.`,
      `Name such a model with --model, or continue that run with \`rzero resume\`.`,
    );
  }
  const folder = await obtainModel(model, options, 'tokenizer').catch((error: unknown) => {
    throw tokenizerError(model, error);
  });
  if ((await readAdapterSettings(folder)) !== null) {
    throw new ConfigError(
      `${model} is a LoRA adapter. A new run on a service starts from a base model of the service.`,
      'Name the base model with --model, and a folder with its tokenizer with --tokenizer.',
    );
  }
  return folder;
}

/** Says of an error of loading that it is about the tokenizer of a service's model. Returns other errors unchanged. */
export function tokenizerError(model: string, error: unknown): unknown {
  if (!(error instanceof ModelLoadError)) return error;
  const [message] = messageOf(error).split('\n', 1);
  return new ModelLoadError(
    `The tokenizer of ${model} is needed on this machine. ${message}`,
    `Name the model's folder or its name on the hub with --tokenizer. ${error.advice}`,
    { cause: error },
  );
}
