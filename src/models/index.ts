/** `rzero/models`: checkpoints, tokenizers and the Hugging Face hub. */

export type { ChatMessage } from '../types.ts';
export {
  loadCheckpoint,
  readModelConfig,
  saveCheckpoint,
  type Checkpoint,
  type CheckpointToSave,
} from './checkpoint.ts';
export { type DecoderConfig, parameterCount, type Tensor, type Weights } from './decoder-config.ts';
export type { Fetch } from './hub/hub-download.ts';
export type { FilePin } from '../files/file-pin.ts';
export type { ModelPin } from './model-pin.ts';
export type { HubOptions, HubProgress } from './hub/hub.ts';
export { type ModelPart, obtainModel } from './hub/obtain-model.ts';
export type { RotaryScaling } from './rotary.ts';
export { encodePrompt, type PromptTokenizer } from './tokenizer/encode-prompt.ts';
export type { FloatDtype } from './weights/half.ts';
export type { AssistantTurn } from './tokenizer/assistant-turn.ts';
export { type CompletionEnds, loadTokenizer, type TextSettings, type Tokenizer } from './tokenizer/tokenizer.ts';
