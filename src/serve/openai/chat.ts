/** `/v1/chat/completions`: a conversation in, the assistant's next turn out. The model's own chat template is applied. */

import type { SampleRequest } from '../../engine/engine.ts';
import type { Model } from '../../generate/models/models.ts';
import { replyTo, type TextReply } from '../../generate/models/reply.ts';
import { encodePrompt } from '../../models/tokenizer/encode-prompt.ts';
import type { ChatMessage } from '../../types.ts';
import { type Head, headOf, type Usage, usageOf } from './answer.ts';
import { invalid, unsupported } from './errors.ts';
import type { ChatFields } from './fields.ts';
import { likeliestOf } from './likeliest.ts';
import type { ApiLimits } from './limits.ts';
import { type ChatLogprob, chatLogprobs } from './logprobs.ts';
import { checkRoom, checkText, dialsOf } from './sampling.ts';
import type { EventStream } from './stream.ts';

/** A chat's answer. */
export interface ChatAnswer extends Head {
  object: 'chat.completion';
  choices: {
    index: number;
    message: { role: 'assistant'; content: string; refusal: null };
    logprobs: { content: ChatLogprob[]; refusal: null } | null;
    finish_reason: 'stop' | 'length';
  }[];
  usage: Usage;
}

/** Answers a chat request as a whole. Throws ApiError, and as `Model.ask`. */
export async function answerChat(
  fields: ChatFields,
  model: Model,
  limits: ApiLimits,
  signal?: AbortSignal,
): Promise<ChatAnswer> {
  const request = chatRequest(fields, model, limits);
  const replies = await replyTo(model, request, { signal });
  const choices = await Promise.all(
    replies.map(async (reply, index) => ({
      index,
      message: { role: 'assistant' as const, content: reply.text, refusal: null },
      logprobs: fields.logprobs === true ? await logprobsOf(reply, fields, request, model, limits, signal) : null,
      finish_reason: reply.stop,
    })),
  );
  const usage = usageOf(request.prompt.length, tokensOf(replies));
  return { ...headOf('chatcmpl', model), object: 'chat.completion', choices, usage };
}

/** Streams the answer to a chat request. Throws as `answerChat`, before or after the stream has begun. */
export async function streamChat(
  fields: ChatFields,
  model: Model,
  limits: ApiLimits,
  stream: EventStream,
  signal: AbortSignal,
): Promise<void> {
  if ((fields.top_logprobs ?? 0) > 0) {
    throw unsupported('top_logprobs', 'top_logprobs cannot be streamed. Use 0, or stream: false.');
  }
  const request = chatRequest(fields, model, limits);
  const { decode } = model.tokenizer;
  const withUsage = fields.stream_options?.include_usage === true;
  const head = { ...headOf('chatcmpl', model), object: 'chat.completion.chunk' };
  const send = (choice: object | null, usage: Usage | null = null): void =>
    stream.send({ ...head, choices: choice === null ? [] : [choice], ...(withUsage ? { usage } : {}) });
  const begun = new Set<number>();
  const replies = await replyTo(model, request, {
    signal,
    onText: ({ index, text, tokens, logprobs, stop }) => {
      if (!begun.has(index))
        send({ index, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null });
      begun.add(index);
      const own = fields.logprobs === true ? { content: chatLogprobs(tokens, logprobs, decode), refusal: null } : null;
      if (text !== '' || (own !== null && tokens.length > 0)) {
        send({ index, delta: { content: text }, logprobs: own, finish_reason: null });
      }
      if (stop !== null) send({ index, delta: {}, logprobs: null, finish_reason: stop });
    },
  });
  if (withUsage) send(null, usageOf(request.prompt.length, tokensOf(replies)));
}

function tokensOf(replies: readonly TextReply[]): number {
  return replies.reduce((sum, { tokens }) => sum + tokens.length, 0);
}

function chatRequest(fields: ChatFields, model: Model, limits: ApiLimits): SampleRequest {
  const { max_tokens: older, max_completion_tokens: newer, top_logprobs: top } = fields;
  if ((top ?? 0) > 0 && fields.logprobs !== true) {
    throw invalid('top_logprobs', 'top_logprobs needs logprobs: true.');
  }
  if ((top ?? 0) > 1) {
    throw unsupported('top_logprobs', 'At most the most likely token of each position is known: use 0 or 1.');
  }
  const asked = newer ?? older ?? null;
  if (asked === 0) throw invalid('max_tokens', 'max_tokens must be at least 1.');
  const messages = fields.messages.map(messageOf);
  checkText(messages.map(({ content }) => content).join('\n'), model, 'messages');
  const prompt = encodePrompt(model, messages);
  const room = Math.max(1, Math.min(limits.defaultTokens, model.info.maxContext - prompt.length));
  const maxTokens = asked ?? room;
  const tokens = newer === null || newer === undefined ? 'max_tokens' : 'max_completion_tokens';
  checkRoom(prompt, maxTokens, model, { prompt: 'messages', tokens });
  return { ...dialsOf(fields, model, limits), prompt, maxTokens };
}

const ROLES = new Map<string, ChatMessage['role']>([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
]);

function messageOf({ role: given, content }: ChatFields['messages'][number], at: number): ChatMessage {
  const role = ROLES.get(given);
  if (role === undefined) {
    throw unsupported(`messages.${at}.role`, `The role ${JSON.stringify(given.slice(0, 40))} is not supported.`);
  }
  if (typeof content === 'string') return { role, content };
  const texts = (content ?? []).map(({ type, text }, part) => {
    if (type === 'text' && typeof text === 'string') return text;
    throw unsupported(
      `messages.${at}.content.${part}`,
      'Models of this server read text only: a part must be {"type": "text", "text": …}.',
    );
  });
  return { role, content: texts.join('') };
}

async function logprobsOf(
  { tokens, logprobs }: TextReply,
  fields: ChatFields,
  { prompt, temperature }: SampleRequest,
  model: Model,
  limits: ApiLimits,
  signal?: AbortSignal,
): Promise<{ content: ChatLogprob[]; refusal: null }> {
  const { decode } = model.tokenizer;
  if ((fields.top_logprobs ?? 0) === 0) return { content: chatLogprobs(tokens, logprobs, decode), refusal: null };
  const greedy = temperature === 0;
  const top = greedy
    ? Array.from(tokens, (token, at) => ({ token, logprob: logprobs[at] }))
    : await likeliestOf(model, Int32Array.of(...prompt, ...tokens), prompt.length, logprobs, {
        most: limits.probedTokens,
        signal,
      });
  return { content: chatLogprobs(tokens, logprobs, decode, top), refusal: null };
}
