/**
 * Messages in, texts out: what an evaluation or a judge needs of a model, wherever it runs. A local engine's
 * sampler fills it through a tokenizer and a chat template, a remote endpoint through its own. Training never
 * goes through here: it needs tokens and log-probabilities (`engine.ts`).
 */

import type { ChatMessage } from '../types.ts';
import type { Ctl } from '../engine/engine.ts';

export interface GenerateRequest {
  messages: ChatMessage[];
  /** Independent replies. */
  n: number;
  /** Most new tokens of one reply. */
  maxTokens: number;
  /** 0 takes the likeliest token. */
  temperature: number;
  /** Nucleus share; 1 is off. */
  topP: number;
  /** Only this many likeliest tokens; 0 is off. Endpoints that do not know it leave it out. */
  topK: number;
  /** Only tokens with this share of the likeliest one's probability; 0 or absent is off. Endpoints as for `topK`. */
  minP?: number;
  /** Reply i draws from (seed, i) alone, where the model's host keeps seeds apart. */
  seed: number;
  stop?: readonly string[];
}

/** Asks for one reply, the likeliest one. */
export function greedyRequest(messages: ChatMessage[], maxTokens: number, seed = 0): GenerateRequest {
  return { messages, n: 1, maxTokens, temperature: 0, topP: 1, topK: 0, seed };
}

export interface Reply {
  text: string;
  /** New tokens, as the host counts them. */
  tokens: number;
  stop: 'stop' | 'length';
}

export interface Generator {
  /** As reports name it: a folder, a run, or a URL with the model's name. */
  readonly name: string;
  /**
   * One list of `n` replies per request, in order. `onReply` hears of each finished request at once, so that
   * nothing is lost when a later one fails.
   * @throws EngineError when the host cannot go on (unreachable, refused, out of budget); replies heard of count.
   */
  generate(
    requests: readonly GenerateRequest[],
    ctl?: Ctl & { onReply?: (index: number, replies: Reply[]) => void },
  ): Promise<Reply[][]>;
  /** What the host was found not to do, as sentences for a report; without it, everything is done as asked. */
  notes?(): string[];
  close(): Promise<void>;
}
