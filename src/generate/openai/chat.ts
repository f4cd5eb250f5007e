/**
 * The wire of `/v1/chat/completions`: a request's body, and replies out of whatever comes back. Everything that
 * comes back is checked before it is believed.
 */

import { deriveSeed } from '../../random.ts';
import type { GenerateRequest, Reply } from '../generator.ts';
import type { Dialect } from './dialect.ts';
import { asList, field, readComplaint, text, withoutSecrets } from './words.ts';

/** Replies `first` … `first + count − 1` of a request. */
export interface Piece {
  first: number;
  count: number;
}

export interface ChatAnswer {
  /** As many as the server gave, at most the number asked for, at least one. */
  replies: Reply[];
  /** Of the prompt and the replies together, as the server counts or else as estimated. */
  tokens: number;
  /** False where the server did not count and `tokens` is an estimate. */
  counted: boolean;
  /** Tokens of the prompt for each byte of it, its template's share included; null where the server did not count. */
  promptRate: number | null;
}

/**
 * Settings that do nothing are left out, since not every server knows them. Seeds have 31 bits: some servers
 * keep them in signed words.
 */
export function chatBody(model: string, request: GenerateRequest, piece: Piece, dialect: Dialect): object {
  return {
    model,
    messages: request.messages,
    [dialect.limit]: request.maxTokens,
    temperature: request.temperature,
    ...(request.topP < 1 && { top_p: request.topP }),
    ...(request.topK > 0 && dialect.topK && { top_k: request.topK }),
    ...(request.minP !== undefined && request.minP > 0 && dialect.minP && { min_p: request.minP }),
    ...(dialect.seed && { seed: deriveSeed(request.seed, piece.first) >>> 1 }),
    ...(piece.count > 1 && { n: piece.count }),
    ...(request.stop !== undefined && request.stop.length > 0 && { stop: request.stop }),
  };
}

/** Tokens of a byte of prompt until a server has shown its tokenizer's: no usual one has more. */
export const HIGHEST_RATE = 1;

/**
 * What the request costs at most, in tokens, as far as that can be told without the server's tokenizer.
 * `promptRate`: tokens for each byte of a prompt.
 */
export function costAtMost(request: GenerateRequest, count: number, promptRate: number): number {
  return Math.ceil(promptBytes(request) * promptRate) + count * request.maxTokens;
}

/** Replies from a body, or a text that says what is wrong with it. Long `secrets` in replies are blanked. */
export function readChat(
  json: unknown,
  request: GenerateRequest,
  count: number,
  secrets: readonly string[],
): ChatAnswer | string {
  const choices = asList(field(json, 'choices')).slice(0, count);
  if (choices.length === 0) {
    const { words } = readComplaint(JSON.stringify(json) ?? '', secrets);
    return `an answer without choices${words === '' ? '' : `: ${words}`}`;
  }
  const drafts: Draft[] = [];
  for (const choice of choices) {
    const draft = readChoice(choice, secrets);
    if (draft === null) return 'a choice without a message';
    drafts.push(draft);
  }
  const usage = field(json, 'usage');
  const completion = wholeNumber(field(usage, 'completion_tokens'));
  const prompt = wholeNumber(field(usage, 'prompt_tokens'));
  const tokens = shareTokens(drafts, completion, request.maxTokens);
  return {
    replies: drafts.map((draft, i) => ({ text: draft.text, tokens: tokens[i], stop: draft.stop })),
    tokens: (prompt ?? estimatePrompt(request)) + tokens.reduce((sum, value) => sum + value, 0),
    counted: completion !== null,
    promptRate: prompt === null ? null : prompt / promptBytes(request),
  };
}

interface Draft {
  text: string;
  stop: 'stop' | 'length';
}

function readChoice(choice: unknown, secrets: readonly string[]): Draft | null {
  const message = field(choice, 'message');
  if (typeof message !== 'object' || message === null) return null;
  const content = contentOf(field(message, 'content'));
  if (content === null) return null;
  const thoughts = text(field(message, 'reasoning_content')) ?? text(field(message, 'reasoning')) ?? '';
  const stop = field(choice, 'finish_reason') === 'length' ? 'length' : 'stop';
  const whole = withoutSecrets(withThoughts(thoughts, content), secrets, 16);
  return { text: whole.replace(/\p{Surrogate}/gu, '\ufffd'), stop };
}

/** A text, a list of text parts, or null for nothing (a refusal, or all tokens went into thoughts). */
function contentOf(content: unknown): string | null {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  return content.map((part) => text(field(part, 'text')) ?? '').join('');
}

/** Thoughts that the server took out of the text go back to where the model wrote them. */
function withThoughts(thoughts: string, content: string): string {
  if (thoughts === '') return content;
  return content === '' ? `<think>\n${thoughts}` : `<think>\n${thoughts}\n</think>\n\n${content}`;
}

/**
 * The server counts the tokens of all choices together. One that was cut off has `maxTokens`; the others share
 * the rest by the length of their texts, to whole tokens that add up.
 */
function shareTokens(drafts: readonly Draft[], total: number | null, maxTokens: number): number[] {
  if (total === null)
    return drafts.map(({ text, stop }) => (stop === 'length' ? maxTokens : Math.min(maxTokens, estimate(text))));
  if (drafts.length === 1) return [total];
  const cut = drafts.filter(({ stop }) => stop === 'length').length;
  const plausible = cut * maxTokens <= total && (cut < drafts.length || cut * maxTokens === total);
  const fixed = (draft: Draft): boolean => plausible && draft.stop === 'length';
  const weights = drafts.map((draft) => (fixed(draft) ? 0 : draft.text.length + 1));
  const sum = weights.reduce((a, b) => a + b, 0);
  const rest = plausible ? total - cut * maxTokens : total;
  let before = 0;
  return drafts.map((draft, i) => {
    if (fixed(draft)) return maxTokens;
    const start = Math.round((rest * before) / sum);
    before += weights[i];
    return Math.round((rest * before) / sum) - start;
  });
}

function estimatePrompt(request: GenerateRequest): number {
  // A chat template adds a few tokens to every message.
  return request.messages.reduce((sum, { content }) => sum + estimate(content) + 8, 0);
}

/** A few bytes for what a chat template adds to every message. */
function promptBytes({ messages }: GenerateRequest): number {
  return messages.reduce((sum, { content }) => sum + Buffer.byteLength(content, 'utf8') + 8, 0);
}

/** Tokens of a text where nobody counted them: about four bytes each. */
function estimate(value: string): number {
  return Math.ceil(Buffer.byteLength(value, 'utf8') / 4);
}

function wholeNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
