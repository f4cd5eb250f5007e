/**
 * Qwen2 and Qwen2.5 (dense): biases only on queries, keys and values. Defaults from transformers'
 * `Qwen2Config`.
 */

import type { Architecture } from './common.ts';

export const qwen2: Architecture = {
  className: 'Qwen2ForCausalLM',
  modelType: 'qwen2',
  qkNorm: false,
  qkvBias: true,
  defaults: { headDim: null, maxPositions: 32768 },
  extraKeys: ({ layers }) => ({ use_sliding_window: false, sliding_window: null, max_window_layers: layers }),
};
