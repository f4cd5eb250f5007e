import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ModelLoadError } from '../../errors.ts';
import type { DecoderConfig } from '../decoder-config.ts';
import { fromHuggingFaceConfig, toHuggingFaceConfig } from './index.ts';

/** The keys of Qwen3-0.6B's config.json. */
const qwen3 = {
  architectures: ['Qwen3ForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 151643,
  eos_token_id: 151645,
  head_dim: 128,
  hidden_act: 'silu',
  hidden_size: 1024,
  intermediate_size: 3072,
  max_position_embeddings: 40960,
  max_window_layers: 28,
  model_type: 'qwen3',
  num_attention_heads: 16,
  num_hidden_layers: 28,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  rope_theta: 1000000,
  sliding_window: null,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  use_cache: true,
  use_sliding_window: false,
  vocab_size: 151936,
};

/** The keys of SmolLM2-135M's config.json. */
const smollm2 = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  hidden_act: 'silu',
  hidden_size: 576,
  intermediate_size: 1536,
  is_llama_config: true,
  max_position_embeddings: 8192,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_interleaved: false,
  rope_scaling: null,
  rope_theta: 100000,
  tie_word_embeddings: true,
  vocab_size: 49152,
};

/** The keys of Qwen2.5-0.5B's config.json. */
const qwen25 = {
  architectures: ['Qwen2ForCausalLM'],
  attention_dropout: 0.0,
  hidden_act: 'silu',
  hidden_size: 896,
  intermediate_size: 4864,
  max_position_embeddings: 32768,
  max_window_layers: 24,
  model_type: 'qwen2',
  num_attention_heads: 14,
  num_hidden_layers: 24,
  num_key_value_heads: 2,
  rms_norm_eps: 1e-6,
  rope_theta: 1000000.0,
  sliding_window: 32768,
  tie_word_embeddings: true,
  use_mrope: false,
  use_sliding_window: false,
  vocab_size: 151936,
};

/** The keys of Llama-3.2-1B's config.json. */
const llama32 = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  eos_token_id: [128001, 128008, 128009],
  head_dim: 64,
  hidden_act: 'silu',
  hidden_size: 2048,
  intermediate_size: 8192,
  max_position_embeddings: 131072,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 32,
  num_hidden_layers: 16,
  num_key_value_heads: 8,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_scaling: {
    factor: 32.0,
    high_freq_factor: 4.0,
    low_freq_factor: 1.0,
    original_max_position_embeddings: 8192,
    rope_type: 'llama3',
  },
  rope_theta: 500000.0,
  tie_word_embeddings: true,
  vocab_size: 128256,
};

const read = (json: Record<string, unknown>): DecoderConfig => fromHuggingFaceConfig(json, 'folder/config.json');

test('Qwen3', () => {
  expect(read(qwen3)).toEqual({
    architecture: 'qwen3',
    hidden: 1024,
    layers: 28,
    heads: 16,
    kvHeads: 8,
    headDim: 128,
    intermediate: 3072,
    vocabulary: 151936,
    maxPositions: 40960,
    ropeTheta: 1_000_000,
    rmsEpsilon: 1e-6,
    tied: true,
    qkNorm: true,
  });
});

test('Llama: the head size is hidden_size / heads, and heads are not normalised', () => {
  expect(read(smollm2)).toMatchObject({
    architecture: 'llama',
    headDim: 64,
    kvHeads: 3,
    ropeTheta: 100_000,
    qkNorm: false,
  });
});

test('Qwen2: biases on queries, keys and values, and a sliding window that is switched off', () => {
  expect(read(qwen25)).toMatchObject({ architecture: 'qwen2', headDim: 64, kvHeads: 2, qkvBias: true, qkNorm: false });
});

test('Llama 3.2: scaled RoPE, with the old key, the old type and the new key', () => {
  const ropeScaling = {
    type: 'llama3',
    factor: 32,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalMaxPositions: 8192,
  };
  const expected = { architecture: 'llama', ropeTheta: 500_000, ropeScaling };
  expect(read(llama32)).toMatchObject(expected);
  const { rope_scaling: scaling, rope_theta, ...rest } = llama32;
  const { rope_type: type, ...numbers } = scaling;
  expect(read({ ...rest, rope_theta, rope_scaling: { ...numbers, type } })).toMatchObject(expected);
  expect(read({ ...rest, rope_parameters: { ...scaling, rope_theta } })).toMatchObject(expected);
});

test('uses the defaults of the family for missing keys', () => {
  const { hidden_size, num_hidden_layers, num_attention_heads, intermediate_size, vocab_size } = smollm2;
  const least = { hidden_size, num_hidden_layers, num_attention_heads, intermediate_size, vocab_size };
  expect(read({ model_type: 'llama', ...least })).toMatchObject({
    kvHeads: 9,
    headDim: 64,
    ropeTheta: 10_000,
    rmsEpsilon: 1e-6,
    tied: false,
    maxPositions: 2048,
  });
  expect(read({ model_type: 'qwen3', ...least })).toMatchObject({ headDim: 128, maxPositions: 32768, tied: false });
});

test('finds the RoPE base where newer files store it', () => {
  const { rope_theta: _, ...rest } = qwen3;
  const parameters = { rope_theta: 5_000_000, rope_type: 'default' };
  expect(read({ ...rest, rope_parameters: parameters }).ropeTheta).toBe(5_000_000);
  expect(() => read({ ...rest, rope_parameters: { ...parameters, rope_type: 'yarn', factor: 4 } })).toThrow(
    ModelLoadError,
  );
});

describe('reads RoPE settings as transformers does', () => {
  const { rope_theta: _, rope_scaling: __, ...rest } = qwen3;
  const llama3 = { rope_type: 'llama3', factor: 2, low_freq_factor: 1, high_freq_factor: 4 };
  const flat = { rope_type: 'default', rope_theta: 777 };
  const cases: [Record<string, unknown>, number][] = [
    [{ rope_parameters: flat }, 777],
    [{ rope_theta: 555, rope_parameters: flat }, 777],
    [{ rope_theta: 555, rope_parameters: { type: 'default' } }, 555],
    [{ rope_scaling: {}, rope_theta: 555, rope_parameters: flat }, 777],
    [{ rope_scaling: { rope_type: 'default' }, rope_parameters: flat }, 10_000],
    [{}, 10_000],
    // transformers 5.24 stops at these with a KeyError; the value of the only type of layer is not lost.
    [{ rope_parameters: { full_attention: flat } }, 777],
    [{ rope_parameters: { full_attention: flat, sliding_attention: { rope_theta: 5 } } }, 777],
    [{ rope_theta: 555, rope_parameters: { full_attention: { rope_type: 'default' } } }, 555],
    [{ rope_parameters: { rope_theta: 555, full_attention: { rope_type: 'default' } } }, 555],
    [{ rope_parameters: { full_attention: null, ...flat } }, 777],
  ];
  test.each(cases)('%j', (keys, theta) => {
    expect(read({ ...rest, ...keys })).toMatchObject({ ropeTheta: theta });
    expect(read({ ...rest, ...keys })).not.toHaveProperty('ropeScaling');
  });

  test('takes the original context from the top level, the scaling, or the context length', () => {
    const original = (keys: Record<string, unknown>): number | undefined =>
      read({ ...rest, ...keys }).ropeScaling?.originalMaxPositions;
    const within = { ...llama3, original_max_position_embeddings: 32 };
    expect(original({ rope_scaling: llama3 })).toBe(40960);
    expect(original({ rope_scaling: within })).toBe(32);
    expect(original({ rope_scaling: within, original_max_position_embeddings: 16 })).toBe(16);
    expect(original({ rope_parameters: { full_attention: { ...within, rope_theta: 5 } } })).toBe(32);
  });
});

test('reads "swish" as SiLU, which it is in transformers', () => {
  expect(read({ ...qwen3, hidden_act: 'swish' })).toEqual(read(qwen3));
});

test('round-trips any config through config.json', () => {
  const count = fc.integer({ min: 1, max: 64 });
  const scaling = fc.record({
    type: fc.constant('llama3' as const),
    factor: fc.integer({ min: 1, max: 32 }),
    lowFrequencyFactor: fc.integer({ min: 1, max: 3 }),
    highFrequencyFactor: fc.integer({ min: 4, max: 9 }),
    originalMaxPositions: count,
  });
  fc.assert(
    fc.property(
      fc.record({
        architecture: fc.constantFrom('qwen3' as const, 'qwen2' as const, 'llama' as const),
        ropeScaling: fc.option(scaling, { nil: undefined }),
        half: count,
        groups: count,
        kvHeads: count,
        size: count,
        tied: fc.boolean(),
      }),
      fc.constantFrom('float32' as const, 'bfloat16' as const, 'float16' as const),
      ({ architecture, ropeScaling, half, groups, kvHeads, size, tied }, dtype) => {
        const config: DecoderConfig = {
          architecture,
          hidden: size,
          layers: size,
          heads: groups * kvHeads,
          kvHeads,
          headDim: half * 2,
          intermediate: size * 3,
          vocabulary: size + 1,
          maxPositions: size * 8,
          ropeTheta: 500 + size,
          rmsEpsilon: 1 / size,
          tied,
          qkNorm: architecture === 'qwen3',
          ...(ropeScaling === undefined ? {} : { ropeScaling }),
          ...(architecture === 'qwen2' ? { qkvBias: true } : {}),
        };
        const json = JSON.parse(JSON.stringify(toHuggingFaceConfig(config, dtype))) as Record<string, unknown>;
        expect(read(json)).toEqual(config);
        expect(json.torch_dtype).toBe(dtype);
      },
    ),
  );
});

describe('rejects settings that would compute something else, by key', () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ hidden_act: 'gelu' }, /hidden_act is "gelu"; expected "silu" or "swish"/],
    [{ hidden_act: null }, /hidden_act is null; expected "silu" or "swish"/],
    [{ hidden_act: 'SiLU' }, /hidden_act is "SiLU"; expected "silu" or "swish"/],
    [{ hidden_size: 'wide' }, /hidden_size is "wide"; expected a number/],
    [{ hidden_size: 0 }, /hidden_size is 0; expected more than 0/],
    [{ tie_word_embeddings: 'yes' }, /tie_word_embeddings is "yes"; expected true or false/],
    [{ rope_scaling: 'yarn' }, /rope_scaling is "yarn"; expected an object/],
    [{ rope_scaling: { rope_type: 'longrope', short_factor: [1] } }, /rope_type is "longrope"; expected "default" or/],
    [{ rope_parameters: { rope_type: 'dynamic', factor: 2 } }, /rope_parameters\.rope_type is "dynamic"; expected/],
    [
      { rope_parameters: { full_attention: { rope_type: 'yarn', rope_theta: 5 } } },
      /rope_parameters\.full_attention\.rope_type is "yarn"; expected "default" or "llama3"/,
    ],
    [
      { rope_parameters: { sliding_attention: { rope_type: 'default', rope_theta: 5 } } },
      /rope_parameters is .*; expected an entry for full_attention/,
    ],
    [
      { rope_parameters: { full_attention: { rope_type: 'llama3', rope_theta: 5, factor: 2 } } },
      /rope_parameters\.full_attention\.low_freq_factor is missing; expected a number/,
    ],
    [
      { model_type: 'llama' },
      /architectures names Qwen3ForCausalLM, but model_type is "llama"; .*\n.*LlamaForCausalLM with "llama"/,
    ],
    [
      { architectures: ['LlamaForCausalLM'], model_type: 'mistral' },
      /architectures names LlamaForCausalLM, but model_type is "mistral"; expected "llama"/,
    ],
    [{ attention_bias: true }, /attention_bias is true; expected false; biases/],
    [{ mlp_bias: true }, /mlp_bias is true/],
    [
      { rope_scaling: { rope_type: 'yarn', factor: 4 } },
      /rope_scaling\.rope_type is "yarn"; expected "default" or "llama3"; other kinds of RoPE scaling/,
    ],
    [{ rope_scaling: { rope_type: 'llama3', factor: 32 } }, /rope_scaling\.low_freq_factor is missing/],
    [
      { rope_scaling: { ...llama32.rope_scaling, high_freq_factor: 1 } },
      /rope_scaling\.high_freq_factor is 1; expected a value above low_freq_factor/,
    ],
    [{ rope_scaling: { ...llama32.rope_scaling, factor: 0.5 } }, /rope_scaling\.factor is 0\.5/],
    [{ partial_rotary_factor: 0.5 }, /partial_rotary_factor is 0\.5/],
    [{ rope_scaling: { type: 'linear', factor: 2 } }, /rope_scaling\.type is "linear"/],
    [{ rope_interleaved: true }, /rope_interleaved is true/],
    [{ use_sliding_window: true }, /use_sliding_window is true/],
    [{ layer_types: ['full_attention', 'sliding_attention'] }, /layer_types\.1 is "sliding_attention"/],
    [
      { quantization_config: { quant_method: 'awq' } },
      /quantization_config is .*; expected no such key; quantised[^]*Use the unquantised checkpoint/,
    ],
    [{ hidden_size: undefined }, /hidden_size is missing; expected a number/],
    [{ num_hidden_layers: 1e9 }, /num_hidden_layers is 1000000000/],
    [{ num_key_value_heads: 7 }, /16 heads, 7 key-value heads/],
    [{ head_dim: 127 }, /head size 127/],
    [
      { architectures: ['Gemma3ForCausalLM'] },
      /architecture "Gemma3ForCausalLM"; expected one of Qwen3ForCausalLM, Qwen2ForCausalLM, LlamaForCausalLM/,
    ],
    [{ architectures: undefined, model_type: undefined }, /architecture null; expected one of/],
  ];
  test.each(cases)('%j', (change, message) => {
    expect(() => read({ ...qwen3, ...change })).toThrow(ModelLoadError);
    expect(() => read({ ...qwen3, ...change })).toThrow(message);
    expect(() => read({ ...qwen3, ...change })).toThrow(/folder\/config\.json/);
  });

  test('a head size that does not divide hidden_size', () => {
    expect(() => read({ ...smollm2, num_attention_heads: 7, num_key_value_heads: 7 })).toThrow(/head size 82\.28/);
  });
});
