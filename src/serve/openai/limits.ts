/** Limits of the OpenAI-compatible addresses. They bound what one request, and all together, can take. */

export interface ApiLimits {
  /** Requests that wait or are in progress. */
  requests: number;
  /** Prompts of one request. */
  prompts: number;
  /** Completions per prompt. */
  n: number;
  /** Prompts times completions of one request. */
  completions: number;
  /** New tokens of a chat's reply if the client names no number. */
  defaultTokens: number;
  /** Bytes that may wait for a client that reads slowly; then it loses its connection. */
  waitingBytes: number;
  /** Tokens that are run to find the most likely tokens of one request (`logprobs: 1`). */
  probedTokens: number;
}

export const API_LIMITS: ApiLimits = {
  requests: 256,
  prompts: 1024,
  n: 128,
  completions: 2048,
  defaultTokens: 2048,
  waitingBytes: 4 * 1024 * 1024,
  probedTokens: 1_000_000,
};
