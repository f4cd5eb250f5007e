/**
 * The interface of models for evaluations and judges: chat messages in, texts out. A local engine's sampler implements
 * it with a tokenizer and a chat template; an endpoint applies its own. Training does not use it, because training
 * needs tokens and log-probabilities (`engine.ts`).
 */

import type { ChatMessage } from '../types.ts';
import type { Ctl } from '../engine/engine.ts';

export interface GenerateRequest {
  messages: ChatMessage[];
  /** Number of independent replies. */
  n: number;
  /** Maximum number of new tokens per reply. */
  maxTokens: number;
  /** 0 takes the most likely token. */
  temperature: number;
  /** Nucleus size as a probability; 1 is off. */
  topP: number;
  /** Number of most likely tokens to draw from; 0 is off. Left out for endpoints that do not support it. */
  topK: number;
  /**
   * Drops tokens below this fraction of the most likely one's probability; 0 or absent is off. Endpoints: as `topK`.
   */
  minP?: number;
  /** Reply i depends only on (seed, i), if the model's host supports seeds. */
  seed: number;
  stop?: readonly string[];
}

/** Builds a request for one greedy reply. */
export function greedyRequest(messages: ChatMessage[], maxTokens: number, seed = 0): GenerateRequest {
  return { messages, n: 1, maxTokens, temperature: 0, topP: 1, topK: 0, seed };
}

export interface Reply {
  text: string;
  /** Number of new tokens, as counted by the host. */
  tokens: number;
  stop: 'stop' | 'length';
}

/** A request that was not answered and is sent again. */
export interface Retry {
  /** What the host answered, or why it did not: `HTTP 503`. */
  reason: string;
  /** Seconds until it is sent again. */
  waitSeconds: number;
}

/** Control of a call. `onReply` is called for each finished request, `onRetry` before each repetition. */
export type GenerateCtl = Ctl & {
  onReply?: (index: number, replies: Reply[]) => void;
  onRetry?: (retry: Retry) => void;
};

export interface Generator {
  /** Name in reports: a folder, a run, or a URL with the model's name. */
  readonly name: string;
  /**
   * Returns one list of `n` replies per request, in order. Calls `onReply` for each finished request, so that no reply
   * is lost if a later request fails.
   *
   * @throws EngineError if the host is unreachable, rejects a request, or the budget is spent; replies passed to `onReply`
   * remain valid
   */
  generate(requests: readonly GenerateRequest[], ctl?: GenerateCtl): Promise<Reply[][]>;
  /** Returns sentences for a report about settings that the host does not support. Absent: it supports all. */
  notes?(): string[];
  close(): Promise<void>;
}
