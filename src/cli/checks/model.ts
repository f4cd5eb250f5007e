/** The base model: all its files there, whole, and of one mind. */

import { messageOf } from '../../errors.ts';
import { loadCheckpoint } from '../../models/checkpoint.ts';
import { loadTokenizer } from '../../models/tokenizer.ts';
import { parameterCount } from '../forecast.ts';
import { compact } from '../render/format.ts';
import type { Check } from './check.ts';

export async function checkModel(folder: string): Promise<Check> {
  try {
    const { config } = await loadCheckpoint(folder);
    const tokenizer = await loadTokenizer(folder);
    const found = `${folder}: ${config.architecture}, ${compact(parameterCount(config))} parameters, ${tokenizer.size} tokens`;
    return { name: 'base model', state: 'good', found, advice: null };
  } catch (error) {
    const lines = messageOf(error).split('\n');
    const advice = lines.length > 1 ? lines[lines.length - 1] : 'Name another folder with --model FOLDER.';
    return { name: 'base model', state: 'missing', found: lines[0].slice(0, 300), advice };
  }
}
