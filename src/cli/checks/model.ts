/** Checks the base model: its files must be complete and consistent. */

import type { RunConfig } from '../../config/schema.ts';
import { openDomain } from '../../domains/open-domain.ts';
import { engineKind } from '../../engine/open-engine.ts';
import { messageOf } from '../../errors.ts';
import { longestPrompt } from '../../loop/run/check-sizes.ts';
import { workloadOf } from '../../loop/run/workload.ts';
import { describeAdapter } from '../../models/adapters/adapter.ts';
import { placeOfModel } from '../../models/adapters/adapter-base.ts';
import { adapterShapeOf } from '../../models/adapters/adapter-folder.ts';
import { folderNamedByRun } from '../../generate/run-model.ts';
import { loadCheckpoint } from '../../models/checkpoint.ts';
import { findModel } from '../../models/hub/find-model.ts';
import { downloadedModel, isOnHub } from '../../models/hub/obtain-model.ts';
import { parameterCount } from '../../models/decoder-config.ts';
import { loadTokenizer, type Tokenizer } from '../../models/tokenizer/tokenizer.ts';
import { bytes, compact } from '../render/format.ts';
import type { Check } from './check.ts';

/**
 * Checks the base model of `settings`: whether it loads, and whether a run of it fits into memory.
 * @param runsDir folder of runs, for a model that is named by its run
 */
export async function checkModel(settings: RunConfig, runsDir = 'runs'): Promise<Check> {
  const { model } = settings;
  try {
    const folder = await folderHere(model, runsDir);
    if (folder === null) return notDownloaded(model);
    const { config } = await loadCheckpoint(folder);
    const tokenizer = await loadTokenizer(folder);
    const { base, adapter, basePin } = await placeOfModel(folder);
    const shape = adapter && adapterShapeOf(folder, adapter, config);
    const unchecked = basePin === null ? ' (not checked: the adapter records no fingerprint of its base)' : '';
    const over = shape === null ? '' : `LoRA adapter of ${describeAdapter(shape)}, over ${base}${unchecked}: `;
    const found = `${folder}: ${over}${config.architecture}, ${compact(parameterCount(config))} parameters, ${tokenizer.size} tokens`;
    const room = await roomFor({ ...settings, model: folder }, tokenizer);
    return { name: 'base model', ...room, found: `${found}; ${room.found}` };
  } catch (error) {
    const lines = messageOf(error).split('\n');
    const advice = lines.length > 1 ? lines[lines.length - 1] : 'Pass another folder with --model FOLDER.';
    return { name: 'base model', state: 'missing', found: lines[0].slice(0, 300), advice };
  }
}

/** Returns the folder of a model or of a run's model, without network access; null for a hub model that is not downloaded. */
export async function folderHere(model: string, runsDir = 'runs'): Promise<string | null> {
  return (await folderNamedByRun(model, runsDir)) ?? (isOnHub(model) ? downloadedModel(model) : findModel(model));
}

/** Whether a run fits into memory. */
async function roomFor(config: RunConfig, tokenizer: Tokenizer): Promise<Omit<Check, 'name'>> {
  const { domain } = await openDomain(config.domain);
  const prompt = longestPrompt(config, { tokenizer, domain });
  const room = await (await engineKind(config.engine)).forecast?.room(workloadOf(config, prompt));
  if (room === undefined) return { state: 'good', found: 'its engine forecasts no memory', advice: null };
  const found = `evolving needs about ${bytes(room.needed.bytes)} of memory`;
  if (room.problem === null) return { state: 'good', found, advice: null };
  const advice = room.problem.advice;
  return { state: 'poor', found: `${found}; this machine has ${bytes(room.available)}`, advice };
}

function notDownloaded(model: string): Check {
  const found = `there is no folder ${model}, and the hub model of this name is not downloaded`;
  const advice = `Run \`rzero evolve --model ${model}\` to download it.`;
  return { name: 'base model', state: 'poor', found, advice };
}
