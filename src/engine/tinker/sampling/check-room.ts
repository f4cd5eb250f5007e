import { EngineError } from '../../../errors.ts';
import type { SampleRequest } from '../../engine.ts';

/** Throws EngineError `user` if a prompt and its new tokens exceed the context; services do not all check it. */
export function checkRoom({ prompt, maxTokens }: SampleRequest, context: number): void {
  const room = context - prompt.length;
  if (maxTokens <= room) return;
  throw new EngineError(
    'user',
    `A prompt of ${prompt.length} tokens and ${maxTokens} new ones exceed the model's context of ${context} on the service.`,
    room < 1
      ? `Shorten the prompt to at most ${context - 1} tokens, or use a model with a longer context.`
      : `Lower maxTokens to at most ${room} (in a run, that of challenger, pool, votes, solver or evaluation), or use a model with a longer context.`,
  );
}
