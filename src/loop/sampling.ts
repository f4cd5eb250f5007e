/** Decodes completions. */

import type { Completion } from '../engine/engine.ts';
import { completionText } from '../engine/stop-strings.ts';
import type { RunContext } from './context.ts';

/** Texts of the completions in use. A training step reads each for its rewards, its metrics and its record. */
const decoded = new WeakMap<Completion, { tokenizer: object; text: string }>();

/** Returns the text of a completion, without its stop token. */
export function textOf({ tokenizer }: Pick<RunContext, 'tokenizer'>, completion: Completion): string {
  const before = decoded.get(completion);
  if (before?.tokenizer === tokenizer) return before.text;
  const text = completionText(completion, tokenizer.decode);
  decoded.set(completion, { tokenizer, text });
  return text;
}
