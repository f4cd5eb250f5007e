import type { ChatMessage } from '../../types.ts';
import type { Tokenizer } from './tokenizer.ts';

/** A chat as the tokens of a prompt, in the model's own template; `continueWith` opens the assistant's turn. */
export function encodePrompt(
  { tokenizer }: { tokenizer: Pick<Tokenizer, 'encode' | 'renderChat'> },
  messages: readonly ChatMessage[],
  continueWith?: string,
): Int32Array {
  return tokenizer.encode(tokenizer.renderChat(messages, { continueWith }));
}
