/** The models that `rzero serve` lets programs and the page use. */

import { basename } from 'node:path';
import { openEngine } from '../../engine/open-engine.ts';
import { ConfigError } from '../../errors.ts';
import { type Models, openModels } from '../../generate/models/models.ts';
import { folderNamedByRun } from '../../generate/run-model.ts';
import { isOnHub, obtainModel } from '../../models/hub/obtain-model.ts';
import type { ServeFlags } from '../commands/serve.ts';
import { showDownload } from '../download.ts';
import type { Io } from '../io.ts';
import { engineHooks } from '../service/waits.ts';
import { configOf } from '../settings.ts';

/**
 * Finds the models of the runs folder, and those that `--model` names. None is opened before it is asked for. Throws
 * ConfigError for an engine that is not on this machine, ModelLoadError for a model that does not exist.
 */
export async function servedModels(
  { model: specs = [], set, device }: ServeFlags,
  runsDir: string,
  io: Io,
): Promise<Models> {
  const { engine } = configOf({ set, device });
  if (engine.kind !== 'local') {
    throw new ConfigError(
      `rzero serve runs models with the local engine, not with the kind ${engine.kind}.`,
      'Leave out engine.kind, or add --tinker to serve another engine over the Tinker wire.',
    );
  }
  const folders: { name: string; path: string }[] = [];
  for (const spec of specs) {
    const ofRun = await folderNamedByRun(spec, runsDir);
    const path = ofRun ?? (await showDownload(io, spec, (onProgress) => obtainModel(spec, { onProgress })));
    folders.push({ name: isOnHub(spec) ? spec : basename(ofRun === null ? path : spec), path });
  }
  const twice = folders.find(({ name }, at) => folders.findIndex((one) => one.name === name) !== at);
  if (twice !== undefined) {
    throw new ConfigError(`Two models have the name ${twice.name}.`, 'Rename one of the two folders.');
  }
  return openModels({ runsDir, folders, engine: (model) => openEngine(engine, undefined, engineHooks(io, model)) });
}
