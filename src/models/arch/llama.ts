/**
 * Llama 1 to 3.2, SmolLM2, OctoThinker, …: no norm on heads, no biases. Defaults from transformers'
 * `LlamaConfig`.
 */

import type { Architecture } from './common.ts';

export const llama: Architecture = {
  className: 'LlamaForCausalLM',
  modelType: 'llama',
  qkNorm: false,
  qkvBias: false,
  defaults: { headDim: null, maxPositions: 2048 },
  extraKeys: () => ({ attention_bias: false, mlp_bias: false, pretraining_tp: 1 }),
};
