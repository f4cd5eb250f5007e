/** Helpers for the tests of scorers. */

import type { ResponseGroup } from './scorer.ts';

/** Makes a group of texts whose tokens are the codes of their characters, up to 96. */
export function groupOf(task: string, texts: readonly string[], logprobs: readonly number[] = []): ResponseGroup {
  return {
    task,
    prompt: Int32Array.of(1, 2),
    responses: texts.map((text, at) => ({
      text,
      tokens: Int32Array.from(text, (letter) => letter.charCodeAt(0) % 16),
      logprobs: Array.from(text, () => logprobs[at] ?? -1),
    })),
  };
}
