/** Llama 1 and 2, SmolLM2, OctoThinker without RoPE scaling, …: no norm on heads. Defaults: transformers' `LlamaConfig`. */

import type { DecoderConfig } from '../decoder-config.ts';
import { checkHeads, readFamily, ropeThetaOf, type Architecture } from './common.ts';

export const llama: Architecture = {
  className: 'LlamaForCausalLM',
  modelType: 'llama',
  read(json, file): DecoderConfig {
    const keys = readFamily(json, file);
    const config: DecoderConfig = {
      architecture: 'llama',
      hidden: keys.hidden_size,
      layers: keys.num_hidden_layers,
      heads: keys.num_attention_heads,
      kvHeads: keys.num_key_value_heads ?? keys.num_attention_heads,
      headDim: keys.head_dim ?? keys.hidden_size / keys.num_attention_heads,
      intermediate: keys.intermediate_size,
      vocabulary: keys.vocab_size,
      maxPositions: keys.max_position_embeddings ?? 2048,
      ropeTheta: ropeThetaOf(keys, 10_000),
      rmsEpsilon: keys.rms_norm_eps ?? 1e-6,
      tied: keys.tie_word_embeddings ?? false,
      qkNorm: false,
    };
    return checkHeads(config, file);
  },
  extraKeys: () => ({ mlp_bias: false, pretraining_tp: 1 }),
};
