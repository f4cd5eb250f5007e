/**
 * The format of `/v1/chat/completions`: builds the body of a request, and parses replies from the response. All data of
 * the response is validated.
 */

import { deriveSeed } from '../../random.ts';
import type { GenerateRequest, Reply } from '../generator.ts';
import type { Dialect } from './dialect.ts';
import { asList, field, readComplaint, text, withoutSecrets } from './words.ts';

/** The replies `first` … `first + count − 1` of a request. */
export interface Piece {
  first: number;
  count: number;
}

export interface ChatAnswer {
  /** The replies of the server: at least one, at most the requested number. */
  replies: Reply[];
  /** Tokens of prompt and replies together, counted by the server or estimated. */
  tokens: number;
  /** False if the server did not count and `tokens` is an estimate. */
  counted: boolean;
  /** Tokens per byte of the prompt, including its share of the template; null if the server did not count. */
  promptRate: number | null;
}

/**
 * Builds the body of a request. Leaves out settings without effect, because not every server supports them. Seeds have
 * 31 bits, because some servers store them as signed 32-bit integers.
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

/** Tokens per byte of a prompt before the server has counted any; common tokenizers do not exceed it. */
export const HIGHEST_RATE = 1;

/**
 * Estimates the maximum cost of a request in tokens, without the server's tokenizer. `promptRate` is in tokens per byte
 * of the prompt.
 */
export function costAtMost(request: GenerateRequest, count: number, promptRate: number): number {
  return Math.ceil(promptBytes(request) * promptRate) + count * request.maxTokens;
}

/** Parses replies from a body, or returns a text that describes the error. Replaces long `secrets` in replies. */
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

/** Reads a content: a text, a list of text parts, or null (a refusal, or all tokens were used for thinking). */
function contentOf(content: unknown): string | null {
  if (content === null || content === undefined) return '';
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  return content.map((part) => text(field(part, 'text')) ?? '').join('');
}

/** Puts thoughts that the server extracted from the text back where the model wrote them. */
function withThoughts(thoughts: string, content: string): string {
  if (thoughts === '') return content;
  return content === '' ? `<think>\n${thoughts}` : `<think>\n${thoughts}\n</think>\n\n${content}`;
}

/**
 * Splits the server's token count over the choices. A choice that was cut off has `maxTokens`; the others get shares of
 * the rest in proportion to the length of their texts, rounded so that they add up.
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
  // A chat template adds a few tokens per message.
  return request.messages.reduce((sum, { content }) => sum + estimate(content) + 8, 0);
}

/** Bytes that stand for the tokens that a chat template adds per message. */
function promptBytes({ messages }: GenerateRequest): number {
  return messages.reduce((sum, { content }) => sum + Buffer.byteLength(content, 'utf8') + 8, 0);
}

/** Estimates the tokens of a text at four bytes per token. */
function estimate(value: string): number {
  return Math.ceil(Buffer.byteLength(value, 'utf8') / 4);
}

function wholeNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}
