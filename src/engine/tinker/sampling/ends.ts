/** Ends completions as the engine's interface says, whatever the service did: at the first end token, stop token or stop string. */

import { EngineError } from '../../../errors.ts';
import type { WireSequence } from '../../../wire/messages.ts';
import type { Completion, SampleRequest } from '../../engine.ts';
import { type Decode, isStopToken, matchedStop } from '../../stop-strings.ts';

/** What ends a completion, in addition to the request. */
export interface EndRules {
  eosIds: readonly number[];
  decode: Decode;
}

/**
 * Returns the completion of a sequence, cut after its first end. Throws EngineError `numeric` for log-probabilities that
 * are missing or not finite, and `user` if the service ended a sequence at a token that ends nothing here.
 */
export function completionOf(
  sequence: WireSequence,
  request: SampleRequest,
  rules: EndRules,
  policyVersion: number,
): Completion {
  const { end, stopString } = findEnd(sequence.tokens, request, rules);
  if (end === null) checkUnended(sequence, request);
  const length = Math.min(end ?? sequence.tokens.length, request.maxTokens);
  const logprobs = sequence.logprobs?.slice(0, length) ?? new Float32Array(0);
  checkLogprobs(logprobs, length);
  return {
    tokens: sequence.tokens.slice(0, length),
    logprobs,
    stop: end === null ? 'length' : 'stop',
    ...(stopString === null ? {} : { stopString }),
    policyVersion,
  };
}

function findEnd(
  tokens: Int32Array,
  request: SampleRequest,
  { eosIds, decode }: EndRules,
): { end: number | null; stopString: string | null } {
  const { stopStrings = [], maxTokens } = request;
  const said: number[] = [];
  for (const token of tokens.subarray(0, maxTokens)) {
    said.push(token);
    if (isStopToken(token, eosIds, request)) return { end: said.length, stopString: null };
    const stopString = matchedStop(said, stopStrings, decode);
    if (stopString !== null) return { end: said.length, stopString };
  }
  return { end: null, stopString: null };
}

function checkUnended({ tokens, stopReason }: WireSequence, { maxTokens }: SampleRequest): void {
  if (tokens.length >= maxTokens) return;
  const last = tokens.at(-1);
  throw new EngineError(
    'user',
    `The service ended a completion (${stopReason}) after ${tokens.length} of ${maxTokens} tokens, at token ${last ?? 'none'}, which is no end token of the tokenizer's folder.`,
    'Use the tokenizer of the model on the service: `--tokenizer`. Its generation_config.json names the end tokens.',
  );
}

function checkLogprobs(logprobs: Float32Array, length: number): void {
  const lost = length > 1 && logprobs.every((value) => value === 0);
  if (logprobs.length === length && !lost && logprobs.every((value) => Number.isFinite(value))) return;
  throw new EngineError(
    'numeric',
    lost
      ? `The service sent ${length} log-probabilities that are all exactly 0.`
      : `The service sent ${logprobs.length} log-probabilities for ${length} tokens, or some that are not finite.`,
    'The model on the service may have diverged: use an earlier state, or another service.',
  );
}
