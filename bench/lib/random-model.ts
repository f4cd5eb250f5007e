/**
 * Writes a folder with a random decoder of a given shape that any framework can load, for timing. One feature of the
 * residual stream is the same constant for every token, and nothing writes to it. The end token's embedding row is
 * large there: negative, so that every completion has the requested length, or positive for shorter ones.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHuggingFaceConfig } from '../../src/models/arch/index.ts';
import type { DecoderConfig, Weights } from '../../src/models/decoder-config.ts';
import { randomWeights } from '../../src/models/init.ts';
import { writeSafetensors } from '../../src/models/weights/safetensors.ts';

const SCALE = 0.02;

/** Value in the end token's row at which it is about e⁻³⁰ times as likely as others. */
const NEVER = -30;

/**
 * Writes the folder. `config` must have tied embeddings.
 *
 * @param ending value in the end token's row, by which a completion ends sooner or later
 * @param weights others are as good for timing if their scale is 0.02
 */
export async function writeRandomModel(
  folder: string,
  config: DecoderConfig,
  ending = NEVER,
  weights: Weights = randomWeights(config, 1, SCALE),
): Promise<void> {
  const end = config.vocabulary - 1;
  setEnding(weights, config, { token: end, value: ending });
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, 'model.safetensors'), weights, { dtype: 'float32', metadata: { format: 'pt' } });
  const ids = { bos_token_id: end, eos_token_id: end, pad_token_id: end };
  const json = async (name: string, value: unknown): Promise<void> =>
    writeFile(join(folder, name), JSON.stringify(value));
  await json('config.json', { ...toHuggingFaceConfig(config, 'float32'), ...ids });
  await json('generation_config.json', ids);
  await json('tokenizer.json', wordTokenizer(config.vocabulary));
  const mark = `t${end}`;
  await json('tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    eos_token: mark,
    pad_token: mark,
    unk_token: 't0',
  });
}

/** Makes `token` about e^`value` times as likely as others. */
function setEnding(weights: Weights, config: DecoderConfig, { token, value }: { token: number; value: number }): void {
  const embedding = weights.get('model.embed_tokens.weight');
  if (embedding === undefined) throw new Error('the model has no embedding');
  for (let row = 0; row < config.vocabulary; row++) embedding.data[row * config.hidden] = SCALE;
  embedding.data[token * config.hidden] = value;
  for (const [name, { shape, data }] of weights) {
    if (/(o_proj|down_proj)\.weight$/.test(name)) data.fill(0, 0, shape[1]);
    // The constant feature shrinks as the others grow with depth; the last norm compensates.
    if (name === 'model.norm.weight') data[0] = 4;
  }
}

/** Token i is the word `t<i>`. */
function wordTokenizer(size: number): unknown {
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(Array.from({ length: size }, (_, id) => [`t${id}`, id])),
      unk_token: 't0',
    },
  };
}
