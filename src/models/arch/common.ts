/**
 * What the Llama family's `config.json` files share: one reader for the keys that change the maths, and
 * its inverse. A key that is not read here may have any value; a key that would make the decoder compute
 * something else is refused, never ignored. Keys: transformers' `LlamaConfig` and `Qwen3Config`.
 */

import { z } from 'zod';
import { ModelLoadError } from '../../errors.ts';
import type { DecoderConfig } from '../decoder-config.ts';

/** A family of decoders: how its `config.json` is read and written. */
export interface Architecture {
  /** The value of `architectures[0]`, and of `model_type`. */
  className: string;
  modelType: DecoderConfig['architecture'];
  /** Checked config; `file` is named in the ModelLoadError. */
  read(json: Record<string, unknown>, file: string): DecoderConfig;
  /** Keys beyond those that every family has. */
  extraKeys(config: DecoderConfig): Record<string, unknown>;
}

// Limits far above any published decoder: a hostile config cannot ask for endless layers.
const dimension = z
  .number()
  .int()
  .positive()
  .max(1 << 24);
const off = z.literal(false).nullish();

const ropeSchema = z
  .looseObject({
    rope_theta: z.number().positive().optional(),
    rope_type: z.literal('default').optional(),
    type: z.literal('default').optional(),
    partial_rotary_factor: z.literal(1).optional(),
  })
  .nullish();

/** The keys that change the maths, with the only values that the engine computes. */
export const familySchema = z.looseObject({
  hidden_size: dimension,
  num_hidden_layers: z.number().int().positive().max(4096),
  num_attention_heads: dimension,
  num_key_value_heads: dimension.nullish(),
  head_dim: dimension.nullish(),
  intermediate_size: dimension,
  vocab_size: dimension,
  max_position_embeddings: z.number().int().positive().optional(),
  rms_norm_eps: z.number().positive().optional(),
  rope_theta: z.number().positive().optional(),
  rope_parameters: ropeSchema,
  rope_scaling: ropeSchema,
  rope_interleaved: off,
  tie_word_embeddings: z.boolean().optional(),
  hidden_act: z.literal('silu').optional(),
  attention_bias: off,
  mlp_bias: off,
  use_sliding_window: off,
  layer_types: z.array(z.literal('full_attention')).nullish(),
  quantization_config: z.null().optional(),
});

export type FamilyKeys = z.output<typeof familySchema>;

/** Parses the shared keys, or throws a ModelLoadError that names the key, what it holds and what is expected. */
export function readFamily(json: Record<string, unknown>, file: string): FamilyKeys {
  const parsed = familySchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const found = issue.path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    json,
  );
  throw new ModelLoadError(
    `${file}: ${issue.path.join('.')} is ${(JSON.stringify(found) ?? 'missing').slice(0, 120)}: ${issue.message}.`,
    'This decoder would compute something else than rzero does: choose a plain Qwen3 or Llama checkpoint (SiLU, no biases, default RoPE, full attention, not quantised).',
    { cause: parsed.error },
  );
}

/** The RoPE base, wherever this version of transformers wrote it. */
export function ropeThetaOf(keys: FamilyKeys, fallback: number): number {
  return keys.rope_theta ?? keys.rope_parameters?.rope_theta ?? fallback;
}

/** Refuses dimensions that do not fit each other. */
export function checkHeads(config: DecoderConfig, file: string): DecoderConfig {
  const { heads, kvHeads, headDim } = config;
  if (heads % kvHeads !== 0 || !Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new ModelLoadError(
      `${file}: ${heads} heads, ${kvHeads} key-value heads, head size ${headDim}; expected heads to be a multiple of key-value heads, and an even head size.`,
      'Check num_attention_heads, num_key_value_heads, head_dim and hidden_size.',
    );
  }
  return config;
}
