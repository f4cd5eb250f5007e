/**
 * Writes a model as one GGUF file for llama.cpp: hyperparameters, tokenizer, chat template and weights. A model whose
 * tokenizer llama.cpp cannot run is refused, because it would give other answers there.
 */

import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ModelLoadError } from '../../errors.ts';
import { storeFailure } from '../../files/atomic-folder.ts';
import { loadCheckpoint } from '../../models/checkpoint.ts';
import { type DecoderConfig, parameterCount } from '../../models/decoder-config.ts';
import { type LoadedText, loadText } from '../../models/tokenizer/tokenizer.ts';
import { type GgufDtype, TENSOR_TYPES } from './encodings.ts';
import { writeGguf } from './gguf-file.ts';
import { bpeFile, type PreTokenizer, preTokenizerOf } from './pre-tokenizer.ts';
import { ggufTensors } from './tensors.ts';
import { ggufTokens } from './tokens.ts';
import type { GgufValue } from './values.ts';

export interface GgufOptions {
  /** File to write. */
  path: string;
  dtype: GgufDtype;
  /** `general.name`. */
  name: string;
  /** Licence of the model; null if unknown. */
  license: string | null;
}

/** What was written. */
export interface WrittenGguf {
  parameters: number;
  /** Words that stand for a tokenizer whose tokens differ for some texts; null if they are always the same. */
  tokens: PreTokenizer['tokens'];
}

/**
 * Writes the model in `source`, with an adapter merged into its base.
 * @throws ModelLoadError if llama.cpp cannot run it; StoreError if the file cannot be written
 */
export async function exportGguf(source: string, options: GgufOptions): Promise<WrittenGguf> {
  const { config, weights } = await loadCheckpoint(source);
  checkRotation(config, source);
  const { metadata, tokens } = tokenizerValues(await loadText(source), config.vocabulary);
  const all = new Map([...generalValues(options), ...decoderValues(config), ...metadata]);
  const { path, dtype } = options;
  const temp = `${path}.${process.pid}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeGguf(temp, all, ggufTensors(config, weights, dtype));
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true });
    throw storeFailure(path, error);
  }
  return { parameters: parameterCount(config), tokens };
}

const text = (value: string): GgufValue => ({ type: 'string', value });
const whole = (value: number): GgufValue => ({ type: 'uint32', value });
const real = (value: number): GgufValue => ({ type: 'float32', value });
const flag = (value: boolean): GgufValue => ({ type: 'bool', value });

function generalValues({ name, dtype, license }: GgufOptions): [string, GgufValue][] {
  return [
    ['general.type', text('model')],
    ['general.name', text(name)],
    ...(license === null ? [] : [['general.license', text(license)] satisfies [string, GgufValue]]),
    ['general.file_type', whole(TENSOR_TYPES[dtype].file)],
    ['general.quantization_version', whole(2)],
    ['general.alignment', whole(32)],
  ];
}

function decoderValues(config: DecoderConfig): [string, GgufValue][] {
  const values: Record<string, GgufValue> = {
    context_length: whole(config.maxPositions),
    embedding_length: whole(config.hidden),
    block_count: whole(config.layers),
    feed_forward_length: whole(config.intermediate),
    'attention.head_count': whole(config.heads),
    'attention.head_count_kv': whole(config.kvHeads),
    'attention.key_length': whole(config.headDim),
    'attention.value_length': whole(config.headDim),
    'attention.layer_norm_rms_epsilon': real(config.rmsEpsilon),
    'rope.dimension_count': whole(config.headDim),
    'rope.freq_base': real(config.ropeTheta),
    vocab_size: whole(config.vocabulary),
  };
  return [
    ['general.architecture', text(config.architecture)],
    ...Object.entries(values).map(([key, value]): [string, GgufValue] => [`${config.architecture}.${key}`, value]),
  ];
}

function checkRotation({ architecture, ropeScaling }: DecoderConfig, source: string): void {
  if (ropeScaling === undefined || architecture === 'llama') return;
  throw new ModelLoadError(
    `${source}: llama.cpp has no Llama 3 scaling of RoPE for ${architecture}.`,
    'Export it as a Hugging Face folder, without --gguf.',
  );
}

function tokenizerValues(
  loaded: LoadedText,
  vocabulary: number,
): { metadata: [string, GgufValue][]; tokens: PreTokenizer['tokens'] } {
  const file = bpeFile.safeParse(loaded.files.tokenizer);
  const pre = file.success ? preTokenizerOf(file.data) : null;
  if (!file.success || pre === null) throw unknownTokenizer(loaded.files.folder);
  const { texts, types, merges } = ggufTokens(file.data, pre, vocabulary);
  const metadata: [string, GgufValue][] = [
    ['tokenizer.ggml.model', text('gpt2')],
    ['tokenizer.ggml.pre', text(pre.name)],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: texts }],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'int32', value: types }],
    ['tokenizer.ggml.merges', { type: 'array', of: 'string', value: merges }],
    ...specialTokens(loaded),
    ['tokenizer.ggml.add_bos_token', flag(loaded.prefix !== '')],
    ['tokenizer.ggml.add_eos_token', flag(false)],
    ...(loaded.template.text === null
      ? []
      : [['tokenizer.chat_template', text(loaded.template.text)] satisfies [string, GgufValue]]),
  ];
  return { metadata, tokens: pre.tokens };
}

function unknownTokenizer(folder: string): ModelLoadError {
  return new ModelLoadError(
    `${join(folder, 'tokenizer.json')}: llama.cpp cannot split texts as this tokenizer does. It can for byte-level BPE with the patterns of GPT-2, Qwen2, Llama 3 and SmolLM2, and for the shipped base.`,
    'Export it as a Hugging Face folder, without --gguf.',
  );
}

function specialTokens({ tokenizer, sources, special }: LoadedText): [string, GgufValue][] {
  const { turn, eosIds, padId } = tokenizer;
  const [bos] = sources.bos.flatMap(({ id }) => id ?? []);
  const named = sources.eos.find(({ key, id }) => key === 'eos_token' && id !== null)?.id;
  const end = turn?.end == null ? undefined : special.get(turn.end);
  const ids = { bos, eos: named ?? eosIds[0], eot: end, padding: padId };
  return Object.entries(ids).flatMap(([key, id]): [string, GgufValue][] =>
    id === undefined ? [] : [[`tokenizer.ggml.${key}_token_id`, whole(id)]],
  );
}
