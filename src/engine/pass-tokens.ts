import type { Completion, Ctl } from './engine.ts';

/** Passes a whole completion to `onTokens`: for engines that cannot stream. */
export function passTokens(
  ctl: Pick<Ctl, 'onTokens'> | undefined,
  request: number,
  completion: number,
  { tokens, logprobs, ...end }: Completion,
): void {
  ctl?.onTokens?.({ request, completion, tokens: [...tokens], logprobs: [...logprobs], end });
}
