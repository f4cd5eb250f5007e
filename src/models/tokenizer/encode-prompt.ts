import type { ChatMessage } from '../../types.ts';
import type { Tokenizer } from './tokenizer.ts';

/** What `encodePrompt` uses of a tokenizer. */
export type PromptTokenizer = Pick<Tokenizer, 'encode' | 'renderChat'>;

/** Prompts remembered per tokenizer. A question's prompt is encoded when it is read, and again when it is asked. */
const REMEMBERED = 4096;

const encoded = new WeakMap<PromptTokenizer, Map<string, Int32Array>>();

/** A chat as the tokens of a prompt, in the model's own template; `continueWith` opens the assistant's turn. */
export function encodePrompt(
  { tokenizer }: { tokenizer: PromptTokenizer },
  messages: readonly ChatMessage[],
  continueWith?: string,
): Int32Array {
  const text = tokenizer.renderChat(messages, { continueWith });
  const prompts = encoded.get(tokenizer) ?? new Map<string, Int32Array>();
  encoded.set(tokenizer, prompts);
  const known = prompts.get(text);
  // A copy, which the caller may change.
  if (known !== undefined) return known.slice();
  const tokens = tokenizer.encode(text);
  const oldest = prompts.keys().next();
  if (prompts.size >= REMEMBERED && oldest.done !== true) prompts.delete(oldest.value);
  prompts.set(text, tokens.slice());
  return tokens;
}
