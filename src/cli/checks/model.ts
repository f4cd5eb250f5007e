/** The base model: all its files there, whole, and of one mind. */

import { messageOf } from '../../errors.ts';
import { describeAdapter } from '../../models/adapter.ts';
import { placeOfModel } from '../../models/adapter-base.ts';
import { adapterShapeOf } from '../../models/adapter-folder.ts';
import { loadCheckpoint } from '../../models/checkpoint.ts';
import { findModel } from '../../models/find-model.ts';
import { downloadedModel, isOnHub } from '../../models/obtain-model.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { parameterCount } from '../forecast.ts';
import { compact } from '../render/format.ts';
import type { Check } from './check.ts';

export async function checkModel(model: string): Promise<Check> {
  try {
    const folder = isOnHub(model) ? await downloadedModel(model) : findModel(model);
    if (folder === null) return notYet(model);
    const { config } = await loadCheckpoint(folder);
    const tokenizer = await loadTokenizer(folder);
    const { base, adapter } = await placeOfModel(folder);
    const shape = adapter && adapterShapeOf(folder, adapter, config);
    const over = shape === null ? '' : `LoRA adapter of ${describeAdapter(shape)}, over ${base}: `;
    const found = `${folder}: ${over}${config.architecture}, ${compact(parameterCount(config))} parameters, ${tokenizer.size} tokens`;
    return { name: 'base model', state: 'good', found, advice: null };
  } catch (error) {
    const lines = messageOf(error).split('\n');
    const advice = lines.length > 1 ? lines[lines.length - 1] : 'Name another folder with --model FOLDER.';
    return { name: 'base model', state: 'missing', found: lines[0].slice(0, 300), advice };
  }
}

function notYet(model: string): Check {
  const found = `there is no folder ${model}, and the hub's model of this name has not been downloaded`;
  const advice = `\`rzero evolve --model ${model}\` downloads it.`;
  return { name: 'base model', state: 'poor', found, advice };
}
