/**
 * Puts a conversation into a prompt. The domain's prompt is for a single question: its system messages come first, then
 * earlier turns as they were asked and answered, then the rest of the domain's prompt. Pure.
 */

import type { ChatMessage } from '../../types.ts';

/** A question and its answer, whole. */
export interface Turn {
  question: string;
  answer: string;
}

/** The domain's prompt with earlier turns before its question. */
export function withHistory(prompt: readonly ChatMessage[], history: readonly Turn[]): ChatMessage[] {
  const first = prompt.findIndex(({ role }) => role !== 'system');
  const at = first < 0 ? prompt.length : first;
  return [
    ...prompt.slice(0, at),
    ...history.flatMap(({ question, answer }): ChatMessage[] => [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ]),
    ...prompt.slice(at),
  ];
}

/**
 * The newest turns that fit with the prompt into `room` tokens, and the tokens. `encode` may throw for turns that the
 * model's template refuses; then there are none. Throws what `encode` throws for the prompt alone.
 */
export function fittingPrompt(
  prompt: readonly ChatMessage[],
  history: readonly Turn[],
  room: number,
  encode: (messages: readonly ChatMessage[]) => Int32Array,
): { tokens: Int32Array; turns: number } {
  for (let from = 0; from < history.length; from++) {
    const tokens = encoded(encode, withHistory(prompt, history.slice(from)));
    if (tokens !== null && tokens.length <= room) return { tokens, turns: history.length - from };
  }
  return { tokens: encode(prompt), turns: 0 };
}

function encoded(
  encode: (messages: readonly ChatMessage[]) => Int32Array,
  messages: readonly ChatMessage[],
): Int32Array | null {
  try {
    return encode(messages);
  } catch {
    // Some templates take only one question.
    return null;
  }
}
