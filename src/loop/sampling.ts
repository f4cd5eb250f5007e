/** What the engine's completions say. */

import type { Completion } from '../engine/engine.ts';
import { completionText } from '../engine/stop-strings.ts';
import type { RunContext } from './context.ts';

/** What a completion says, without its stop token. */
export function textOf(ctx: Pick<RunContext, 'tokenizer'>, completion: Completion): string {
  return completionText(completion, ctx.tokenizer.decode);
}
