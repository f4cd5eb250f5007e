/** Asks a model with text: a chat or a prompt in, streamed texts out. */

import type { Completion, SampleRequest } from '../../engine/engine.ts';
import { completionText } from '../../engine/stop-strings.ts';
import type { Model } from './models.ts';
import { TextStream } from './text-stream.ts';

/** New text of one completion. */
export interface TextPart {
  /** Index of the completion. */
  index: number;
  text: string;
  tokens: number[];
  logprobs: number[];
  /** Set with the last part. */
  stop: Completion['stop'] | null;
}

export interface ReplyOptions {
  signal?: AbortSignal;
  /** Called as text becomes certain; the last part of a completion has `stop`. */
  onText?: (part: TextPart) => void;
}

/** A completion with its text. */
export interface TextReply extends Completion {
  text: string;
}

/** Samples a request, and streams the texts of its completions. Rejects as `Batcher.ask`. */
export async function replyTo(
  model: Pick<Model, 'ask' | 'tokenizer'>,
  request: SampleRequest,
  { signal, onText }: ReplyOptions = {},
): Promise<TextReply[]> {
  const { decode } = model.tokenizer;
  const streams = Array.from({ length: request.n }, () => new TextStream(model.tokenizer, request));
  const all = streams.map((): number[] => []);
  const { completions } = await model.ask({
    request,
    scored: null,
    signal,
    onTokens: ({ completion: index, tokens, logprobs, end }) => {
      if (onText === undefined) return;
      all[index].push(...tokens);
      const stream = streams[index];
      let text = stream.add(tokens);
      if (end !== null) {
        text += stream.end({ tokens: Int32Array.from(all[index]), logprobs: new Float32Array(0), ...end });
      }
      if (text !== '' || end !== null || tokens.length > 0) {
        onText({ index, text, tokens, logprobs, stop: end?.stop ?? null });
      }
    },
  });
  return completions.map((completion) => ({ ...completion, text: completionText(completion, decode) }));
}
