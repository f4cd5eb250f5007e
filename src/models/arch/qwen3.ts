/**
 * Qwen3 (dense): RMSNorm on every query and key head, and an explicit head size. Defaults from transformers'
 * `Qwen3Config`.
 */

import type { Architecture } from './common.ts';

export const qwen3: Architecture = {
  className: 'Qwen3ForCausalLM',
  modelType: 'qwen3',
  qkNorm: true,
  qkvBias: false,
  defaults: { headDim: 128, maxPositions: 32768 },
  extraKeys: () => ({ attention_bias: false, use_sliding_window: false, sliding_window: null }),
};
