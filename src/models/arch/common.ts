/**
 * What the Llama family's `config.json` files share: one reader for the keys that change the maths, and
 * its inverse. A key that is not read here may have any value; a key that would make the decoder compute
 * something else is refused, never ignored. Keys: transformers' `LlamaConfig`, `Qwen2Config`, `Qwen3Config`.
 */

import { z } from 'zod';
import { ModelLoadError } from '../../errors.ts';
import type { DecoderConfig } from '../decoder-config.ts';
import { ropeOf, ropeSchema } from './rope.ts';

/** A family of decoders: what its `config.json` means where it differs from the others'. */
export interface Architecture {
  /** The value of `architectures[0]`, and of `model_type`. */
  className: string;
  modelType: DecoderConfig['architecture'];
  /** RMSNorm on every query and key head. */
  qkNorm: boolean;
  /** The query, key and value projections have a bias. */
  qkvBias: boolean;
  /** What a file that leaves these out means; a head size of null is the share of a head. */
  defaults: { headDim: number | null; maxPositions: number };
  /** Keys beyond those that every family writes. */
  extraKeys(config: DecoderConfig): Record<string, unknown>;
}

// Limits far above any published decoder: a hostile config cannot ask for endless layers.
const dimension = z
  .number()
  .int()
  .positive()
  .max(1 << 24);
const off = z.literal(false).nullish();

/** The keys that change the maths, with the only values that the engine computes. */
const familySchema = z.looseObject({
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
  partial_rotary_factor: z.literal(1).nullish(),
  tie_word_embeddings: z.boolean().optional(),
  hidden_act: z.literal('silu').optional(),
  attention_bias: off,
  mlp_bias: off,
  use_sliding_window: off,
  layer_types: z.array(z.literal('full_attention')).nullish(),
  quantization_config: z.null().optional(),
});

type FamilyKeys = z.output<typeof familySchema>;

/** Checked config of a family; `file` is named in the ModelLoadError, with the key, what it holds and what is expected. */
export function readFamily(family: Architecture, json: Record<string, unknown>, file: string): DecoderConfig {
  const keys = parseKeys(json, file);
  const config: DecoderConfig = {
    architecture: family.modelType,
    hidden: keys.hidden_size,
    layers: keys.num_hidden_layers,
    heads: keys.num_attention_heads,
    kvHeads: keys.num_key_value_heads ?? keys.num_attention_heads,
    headDim: keys.head_dim ?? family.defaults.headDim ?? keys.hidden_size / keys.num_attention_heads,
    intermediate: keys.intermediate_size,
    vocabulary: keys.vocab_size,
    maxPositions: keys.max_position_embeddings ?? family.defaults.maxPositions,
    ...ropeOf(keys, 10_000),
    rmsEpsilon: keys.rms_norm_eps ?? 1e-6,
    tied: keys.tie_word_embeddings ?? false,
    qkNorm: family.qkNorm,
    ...(family.qkvBias ? { qkvBias: true } : {}),
  };
  return checkHeads(config, file);
}

function parseKeys(json: Record<string, unknown>, file: string): FamilyKeys {
  const parsed = familySchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const found = issue.path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    json,
  );
  throw new ModelLoadError(
    `${file}: ${issue.path.join('.')} is ${(JSON.stringify(found) ?? 'missing').slice(0, 120)}: ${issue.message}.`,
    'This decoder would compute something else than rzero does: choose a plain Qwen3, Qwen2 or Llama checkpoint (SiLU, RoPE plain or as Llama 3 scales it, full attention, not quantised).',
    { cause: parsed.error },
  );
}

/** Refuses dimensions that do not fit each other. */
function checkHeads(config: DecoderConfig, file: string): DecoderConfig {
  const { heads, kvHeads, headDim } = config;
  if (heads % kvHeads !== 0 || !Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new ModelLoadError(
      `${file}: ${heads} heads, ${kvHeads} key-value heads, head size ${headDim}; expected heads to be a multiple of key-value heads, and an even head size.`,
      'Check num_attention_heads, num_key_value_heads, head_dim and hidden_size.',
    );
  }
  return config;
}
