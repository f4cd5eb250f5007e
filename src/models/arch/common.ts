/**
 * Shared by the `config.json` files of the Llama family: a reader for the keys that change the maths, and its
 * types. A key that is not read here may have any value; a key that would change the decoder's computation is
 * rejected, never ignored. Keys as in transformers' `LlamaConfig`, `Qwen2Config`, `Qwen3Config`. Next:
 * `index.ts` picks the family.
 */

import { z } from 'zod';
import { ModelLoadError } from '../../errors.ts';
import { expectationOf } from '../../text/expectation.ts';
import type { DecoderConfig } from '../decoder-config.ts';
import { ropeOf, ropeSchema } from './rope.ts';

/** A family of decoders: how its `config.json` differs from the others. */
export interface Architecture {
  /** Values of `architectures[0]` and of `model_type`. */
  className: string;
  modelType: DecoderConfig['architecture'];
  /** RMSNorm on every query and key head. */
  qkNorm: boolean;
  /** The query, key and value projections have a bias. */
  qkvBias: boolean;
  /** Values for missing keys. A head size of null means hidden size / heads. */
  defaults: { headDim: number | null; maxPositions: number };
  /** Keys in addition to those that every family writes. */
  extraKeys(config: DecoderConfig): Record<string, unknown>;
}

// Limits far above any published decoder, so that a hostile config cannot request endless layers.
const dimension = z
  .number()
  .int()
  .positive()
  .max(1 << 24);
const off = z.literal(false).nullish();

/** The keys that change the maths, with the only values that the engine supports. */
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
  original_max_position_embeddings: z.number().int().positive().nullish(),
  rope_interleaved: off,
  partial_rotary_factor: z.literal(1).nullish(),
  tie_word_embeddings: z.boolean().optional(),
  // Two names of one function in transformers.
  hidden_act: z.enum(['silu', 'swish']).optional(),
  attention_bias: off,
  mlp_bias: off,
  use_sliding_window: off,
  layer_types: z.array(z.literal('full_attention')).nullish(),
  quantization_config: z.null().optional(),
});

/** Words for the expected value of a key, where the schema's are not enough. */
const EXPECTED: Record<string, string> = {
  hidden_act: '"silu" or "swish"; other activations are not supported',
  attention_bias: 'false; biases that only some checkpoints of a family have are not supported',
  mlp_bias: 'false; biases in the MLP are not supported',
  use_sliding_window: 'false; sliding windows are not supported',
  layer_types: '"full_attention" for every layer; sliding windows are not supported',
  partial_rotary_factor: '1; rotating only a part of each head is not supported',
  rope_interleaved: 'false; interleaved RoPE is not supported',
  quantization_config: 'no such key; quantised weights are not supported',
  rope_type: '"default" or "llama3"; other kinds of RoPE scaling are not supported',
  type: '"default" or "llama3"; other kinds of RoPE scaling are not supported',
};

/** Advice for keys whose checkpoint has a usable sibling. */
const ADVICE: Record<string, string> = {
  quantization_config: 'Use the unquantised checkpoint (float32, bfloat16 or float16) that this one was made from.',
};

type FamilyKeys = z.output<typeof familySchema>;

/**
 * Reads and validates a family's config. A ModelLoadError contains `file`, the key, its value and the
 * expected value.
 */
export function readFamily(family: Architecture, json: Record<string, unknown>, file: string): DecoderConfig {
  const keys = parseKeys(json, file);
  const maxPositions = keys.max_position_embeddings ?? family.defaults.maxPositions;
  const config: DecoderConfig = {
    architecture: family.modelType,
    hidden: keys.hidden_size,
    layers: keys.num_hidden_layers,
    heads: keys.num_attention_heads,
    kvHeads: keys.num_key_value_heads ?? keys.num_attention_heads,
    headDim: keys.head_dim ?? family.defaults.headDim ?? keys.hidden_size / keys.num_attention_heads,
    intermediate: keys.intermediate_size,
    vocabulary: keys.vocab_size,
    maxPositions,
    ...ropeOf(keys, { theta: 10_000, maxPositions }),
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
  const key = issue.path.findLast((part) => typeof part === 'string') ?? '';
  const expected = found === undefined ? expectationOf(issue) : (EXPECTED[key] ?? expectationOf(issue));
  throw new ModelLoadError(
    `${file}: ${issue.path.join('.')} is ${(JSON.stringify(found) ?? 'missing').slice(0, 120)}; expected ${expected}.`,
    ADVICE[key] ??
      'rzero does not support this decoder: use a plain Qwen3, Qwen2 or Llama checkpoint (SiLU, plain or Llama 3 RoPE, full attention, not quantised).',
    { cause: parsed.error },
  );
}

/** Rejects dimensions that do not fit each other. */
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
