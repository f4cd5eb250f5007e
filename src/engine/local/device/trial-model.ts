/** Writes the folder of a model that only a measurement uses: its tokenizer knows two words. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { saveCheckpoint } from '../../../models/checkpoint.ts';
import type { DecoderConfig, Weights } from '../../../models/decoder-config.ts';

const TOKENIZER = {
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: null,
  decoder: null,
  model: { type: 'WordLevel', vocab: { a: 0, b: 1 }, unk_token: 'a' },
};

export async function writeTrialModel(folder: string, config: DecoderConfig, weights: Weights): Promise<void> {
  await saveCheckpoint(folder, { config, weights });
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(TOKENIZER));
  await writeFile(join(folder, 'tokenizer_config.json'), '{"tokenizer_class":"PreTrainedTokenizerFast"}');
  await writeFile(join(folder, 'generation_config.json'), '{"eos_token_id":0}');
}
