/**
 * Converts a Hugging Face `config.json` to `DecoderConfig` and back. To add a family: add a file in this
 * folder with its differences, its name in `DecoderConfig`, and an entry in the list below. The engine must
 * support its computation first.
 */

import { ModelLoadError } from '../../errors.ts';
import type { DecoderConfig } from '../decoder-config.ts';
import type { FloatDtype } from '../weights/half.ts';
import { readFamily, type Architecture } from './common.ts';
import { llama } from './llama.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { ropeScalingKey } from './rope.ts';

const ARCHITECTURES: readonly Architecture[] = [qwen3, qwen2, llama];

/** Supported values of `architectures[0]`. */
const SUPPORTED_ARCHITECTURES: readonly string[] = ARCHITECTURES.map(({ className }) => className);

/**
 * Converts a parsed `config.json`; `file` appears in errors. Throws ModelLoadError if the family or a key is
 * not supported.
 */
export function fromHuggingFaceConfig(json: Record<string, unknown>, file: string): DecoderConfig {
  const name = Array.isArray(json.architectures) ? json.architectures[0] : undefined;
  const found = ARCHITECTURES.find(({ className, modelType }) =>
    name === undefined ? json.model_type === modelType : name === className,
  );
  if (found === undefined) {
    throw new ModelLoadError(
      `${file}: architecture ${JSON.stringify(name ?? json.model_type ?? null)?.slice(0, 120)}; expected one of ${SUPPORTED_ARCHITECTURES.join(', ')}.`,
      'Use a checkpoint of one of these families.',
    );
  }
  checkModelType(found, json, file);
  return readFamily(found, json, file);
}

/** Refuses two names that contradict each other: transformers follows `model_type`, other tools `architectures`. */
function checkModelType({ className, modelType }: Architecture, json: Record<string, unknown>, file: string): void {
  const named = json.model_type ?? modelType;
  if (named === modelType) return;
  const other = ARCHITECTURES.find((family) => family.modelType === named);
  throw new ModelLoadError(
    `${file}: architectures names ${className}, but model_type is ${JSON.stringify(named).slice(0, 120)}; expected ${JSON.stringify(modelType)} with this architecture.`,
    other === undefined
      ? `Correct model_type if the weights are those of ${className}; otherwise use a checkpoint of one of these families: ${SUPPORTED_ARCHITECTURES.join(', ')}.`
      : `Correct the wrong one of the two: ${className} with "${modelType}", or ${other.className} with "${other.modelType}".`,
  );
}

/**
 * Builds the `config.json` of a decoder whose file contains weights of `dtype`. Inverse of
 * `fromHuggingFaceConfig`.
 */
export function toHuggingFaceConfig(config: DecoderConfig, dtype: FloatDtype): Record<string, unknown> {
  const family = ARCHITECTURES.find(({ modelType }) => modelType === config.architecture);
  if (family === undefined)
    throw new ModelLoadError(
      `Architecture ${config.architecture} has no config.json.`,
      `Use one of ${SUPPORTED_ARCHITECTURES.join(', ')}.`,
    );
  return {
    architectures: [family.className],
    model_type: family.modelType,
    hidden_size: config.hidden,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.kvHeads,
    head_dim: config.headDim,
    intermediate_size: config.intermediate,
    vocab_size: config.vocabulary,
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.rmsEpsilon,
    rope_theta: config.ropeTheta,
    rope_scaling: ropeScalingKey(config.ropeScaling),
    hidden_act: 'silu',
    attention_dropout: 0,
    tie_word_embeddings: config.tied,
    torch_dtype: dtype,
    use_cache: true,
    ...family.extraKeys(config),
  };
}
