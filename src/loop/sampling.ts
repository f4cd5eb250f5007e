/** Between texts and tokens: prompts of the two roles, and what the engine's completions say. */

import type { Completion, SamplingOptions, Tokens } from '../engine/engine.ts';
import { completionText } from '../engine/stop-strings.ts';
import type { ChatMessage } from '../types.ts';
import type { RunContext } from './context.ts';

/** A prompt as tokens; `continueWith` opens the assistant's turn. */
export function encodePrompt(
  ctx: Pick<RunContext, 'tokenizer'>,
  messages: ChatMessage[],
  continueWith?: string,
): Tokens {
  return ctx.tokenizer.encode(ctx.tokenizer.renderChat(messages, { continueWith }));
}

/** What a completion says, without its stop token. */
export function textOf(ctx: Pick<RunContext, 'tokenizer'>, completion: Completion): string {
  return completionText(completion, ctx.tokenizer.decode);
}

/** Only the sampling dials of a larger section of the config. */
export function samplingOf({ maxTokens, temperature, topP, topK, minP }: SamplingOptions): SamplingOptions {
  return { maxTokens, temperature, topP, topK, minP };
}
