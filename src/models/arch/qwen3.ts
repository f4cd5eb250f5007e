/** Qwen3 (dense): RMSNorm on every query and key head, a head size of its own. Defaults: transformers' `Qwen3Config`. */

import type { DecoderConfig } from '../decoder-config.ts';
import { checkHeads, readFamily, ropeThetaOf, type Architecture } from './common.ts';

export const qwen3: Architecture = {
  className: 'Qwen3ForCausalLM',
  modelType: 'qwen3',
  read(json, file): DecoderConfig {
    const keys = readFamily(json, file);
    const config: DecoderConfig = {
      architecture: 'qwen3',
      hidden: keys.hidden_size,
      layers: keys.num_hidden_layers,
      heads: keys.num_attention_heads,
      kvHeads: keys.num_key_value_heads ?? keys.num_attention_heads,
      headDim: keys.head_dim ?? 128,
      intermediate: keys.intermediate_size,
      vocabulary: keys.vocab_size,
      maxPositions: keys.max_position_embeddings ?? 32768,
      ropeTheta: ropeThetaOf(keys, 10_000),
      rmsEpsilon: keys.rms_norm_eps ?? 1e-6,
      tied: keys.tie_word_embeddings ?? false,
      qkNorm: true,
    };
    return checkHeads(config, file);
  },
  extraKeys: () => ({ use_sliding_window: false, sliding_window: null }),
};
