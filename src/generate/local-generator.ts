/** Wraps a local engine's sampler as a `Generator`: applies the chat template, encodes, samples and decodes. */

import type { Completion, Ctl, SampleRequest, Sampler } from '../engine/engine.ts';
import type { Flow } from '../engine/flow/flow.ts';
import { completionText } from '../engine/stop-strings.ts';
import type { GenerateCtl, GenerateRequest, Generator, Reply } from './generator.ts';
import { samplingOptions } from '../engine/sampling-options.ts';
import { encodePrompt } from '../models/tokenizer/encode-prompt.ts';
import type { CompletionEnds, Tokenizer } from '../models/tokenizer/tokenizer.ts';

export interface LocalModel {
  name: string;
  sampler: Sampler;
  tokenizer: Tokenizer;
  /** Maximum sequence length of the model, in tokens. */
  maxContext: number;
  /** Number of replies sampled at once; `onReply` is called for them together. */
  batch: number;
  /** Samples every request by itself, and reports its replies as they arrive, if it overlaps; default: in batches. */
  flow?: Flow;
  /** Called when the generator is closed; default: nothing. */
  close?: () => Promise<void>;
}

/**
 * Creates the generator. A prompt that fills the model's context gets empty replies that count as cut off. A prompt
 * that leaves fewer than `maxTokens` tokens gets replies of at most that length.
 */
export function localGenerator({ name, sampler, tokenizer, maxContext, batch, flow, close }: LocalModel): Generator {
  return {
    name,
    async generate(requests, ctl = {}) {
      if (flow?.overlaps === true) return sampleEach(flow, requests, ctl);
      const { onReply, onProgress, signal } = ctl;
      const total = requests.reduce((sum, { n }) => sum + n, 0);
      const all: Reply[][] = [];
      let done = 0;
      for (const part of batches(requests, batch)) {
        const before = done;
        const inner: Ctl = {
          signal,
          onProgress: (progress) => onProgress?.({ ...progress, done: before + progress.done, total }),
        };
        for (const replies of await samplePart(part, inner)) {
          onReply?.(all.length, replies);
          all.push(replies);
          done += replies.length;
        }
      }
      return all;
    },
    close: async () => close?.(),
  };

  async function sampleEach(
    over: Flow,
    requests: readonly GenerateRequest[],
    { onReply, onProgress, signal }: GenerateCtl,
  ): Promise<Reply[][]> {
    const samples = requests.map((request) => toSample(request));
    const all = requests.map(({ n }, at) => (samples[at] === null ? cutOff(n) : []));
    for (const [at, replies] of all.entries()) if (samples[at] === null) onReply?.(at, replies);
    const fitting = samples.flatMap((sample, at) => (sample === null ? [] : [{ sample, at }]));
    await over.each(
      sampler,
      fitting.map(({ sample }) => sample),
      { signal, onProgress },
      (completions, index) => {
        const { at } = fitting[index];
        all[at] = completions.map(toReply);
        onReply?.(at, all[at]);
      },
    );
    return all;
  }

  async function samplePart(part: readonly GenerateRequest[], ctl: Ctl): Promise<Reply[][]> {
    const samples = part.map((request) => toSample(request));
    const fitting = samples.filter((sample) => sample !== null);
    const completions = fitting.length === 0 ? [] : await sampler.sample(fitting, ctl);
    let next = 0;
    return part.map((request, at) => (samples[at] === null ? cutOff(request.n) : completions[next++].map(toReply)));
  }

  function toSample(request: GenerateRequest): SampleRequest | null {
    const { messages, n, seed, stop = [] } = request;
    const prompt = encodePrompt({ tokenizer }, messages);
    const maxTokens = Math.min(request.maxTokens, maxContext - prompt.length);
    return maxTokens < 1 ? null : { prompt, n, seed, ...samplingOptions(request), maxTokens, ...endsWith(stop) };
  }

  function endsWith(stop: readonly string[]): CompletionEnds {
    const { stopStrings = [], ...tokens } = tokenizer.ends ?? {};
    return { ...tokens, stopStrings: [...stop, ...stopStrings] };
  }

  function toReply(completion: Completion): Reply {
    const { tokens, stop } = completion;
    return { text: completionText(completion, tokenizer.decode), tokens: tokens.length, stop };
  }
}

/** Returns the replies to a prompt that fills the context. */
function cutOff(n: number): Reply[] {
  return Array.from({ length: n }, (): Reply => ({ text: '', tokens: 0, stop: 'length' }));
}

/** Splits requests into batches of at most `size` replies; a larger request is a batch by itself. */
function batches(requests: readonly GenerateRequest[], size: number): GenerateRequest[][] {
  const out: GenerateRequest[][] = [];
  let replies = Infinity;
  for (const request of requests) {
    if (replies + request.n > size) {
      out.push([]);
      replies = 0;
    }
    out[out.length - 1].push(request);
    replies += request.n;
  }
  return out;
}
