/** Decodes completions. */

import type { Completion } from '../engine/engine.ts';
import { completionText } from '../engine/stop-strings.ts';
import type { RunContext } from './context.ts';

/** Returns the text of a completion, without its stop token. */
export function textOf(ctx: Pick<RunContext, 'tokenizer'>, completion: Completion): string {
  return completionText(completion, ctx.tokenizer.decode);
}
