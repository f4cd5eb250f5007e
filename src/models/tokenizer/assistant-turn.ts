/**
 * Finds out what a chat template writes around an assistant's turn, by rendering turns with known contents: the text
 * that ends the turn, and the text with which the prompt already begins the answer. Pure.
 */

import type { ChatMessage } from '../../types.ts';
import type { ChatTemplate } from './chat-template.ts';

export interface AssistantTurn {
  /** Text that ends the turn, e.g. `<|im_end|>`; null if the template writes no recognisable end, or there is none. */
  end: string | null;
  /** Whether sampling stops at that text; true without an end. */
  stops: boolean;
  /** Text after the turn's header that the prompt puts at the beginning of every answer, e.g. `<think>\n`. */
  opening: string;
  /** Text that begins the turn, taken from a conversation; null if it is unknown. */
  header: string | null;
  /** Whether the prompt ends with that text. */
  cued: boolean;
}

/** What is known about tokens. */
interface Tokens {
  encode: (text: string) => ArrayLike<number>;
  special: ReadonlyMap<string, number>;
  eosIds: readonly number[];
  ends: { stopTokens?: readonly number[]; stopStrings?: readonly string[] };
}

/** Words that no template contains. */
const ASKED = 'qzasked';
const ANSWER = 'qzanswer';
const NEXT = 'qznext';

/** Describes the assistant's turn of a template. */
export function assistantTurn(template: ChatTemplate, tokens: Tokens): AssistantTurn {
  if (template.text === null) return { end: null, stops: true, opening: '', header: null, cued: true };
  const end = endOfTurn(template, tokens.special);
  const bare = tryRender(template, [user(ASKED)], false);
  const cued = tryRender(template, [user(ASKED)], true);
  const cue = bare !== null && cued !== null && cued.startsWith(bare) ? cued.slice(bare.length) : '';
  return {
    end,
    stops: end === null || stopsAt(end, tokens),
    opening: openingOf(cue),
    header: headerOf(template),
    cued: bare === null || cued === null || cued !== bare,
  };
}

function user(content: string): ChatMessage {
  return { role: 'user', content };
}

function tryRender(template: ChatTemplate, messages: readonly ChatMessage[], cue: boolean): string | null {
  try {
    return template.render(messages, { cue });
  } catch {
    // A template may refuse such a conversation; then nothing is known.
    return null;
  }
}

/** Some templates end only turns that another one follows, so both conversations are looked at. */
function endOfTurn(template: ChatTemplate, special: ReadonlyMap<string, number>): string | null {
  const answered: ChatMessage[] = [user(ASKED), { role: 'assistant', content: ANSWER }];
  const alone = after(ANSWER, tryRender(template, answered, false));
  const followed = tryRender(template, [...answered, user(NEXT)], false);
  const between = before(NEXT, after(ANSWER, followed));
  return markIn(alone, special) ?? markIn(withoutHeader(between, before(ASKED, followed)), special);
}

/** Removes the beginning of the next turn from the end of a text. `first` ends with the beginning of such a turn. */
function withoutHeader(text: string, first: string): string {
  let shared = 0;
  while (shared < text.length && text.at(-1 - shared) === first.at(-1 - shared)) shared++;
  return text.slice(0, text.length - shared);
}

function before(mark: string, text: string | null): string {
  return text === null ? '' : text.slice(0, Math.max(0, text.indexOf(mark)));
}

function after(mark: string, text: string | null): string {
  const at = text === null ? -1 : text.lastIndexOf(mark);
  return text === null || at < 0 ? '' : text.slice(at + mark.length);
}

/** A mark such as `<|im_end|>` or `[/ANS]`, whether or not the tokenizer knows it. */
const MARK = /^(?:<[^<>\s]{1,40}>|\[[^[\]\s]{1,40}\])/;

function markIn(text: string, special: ReadonlyMap<string, number>): string | null {
  const trimmed = text.trimStart();
  const known = [...special.keys()].find((token) => trimmed.startsWith(token));
  return known ?? MARK.exec(trimmed)?.[0] ?? null;
}

function stopsAt(end: string, { encode, eosIds, ends }: Tokens): boolean {
  if (ends.stopStrings?.some((text) => end.includes(text)) === true) return true;
  const ids = Array.from(encode(end));
  return ids.some((id) => eosIds.includes(id) || (ends.stopTokens?.includes(id) ?? false));
}

/** Returns the part of the cue that belongs to the answer: from its first mark for thinking on. */
function openingOf(cue: string): string {
  const at = cue.search(/<think>/);
  return at < 0 ? '' : cue.slice(at);
}

/** Returns what a template writes between a question and its answer, without the end of the question's turn. */
function headerOf(template: ChatTemplate): string | null {
  const text = tryRender(template, [user(ASKED), { role: 'assistant', content: ANSWER }], false);
  const between = after(ASKED, before(ANSWER, text));
  const alone = after(ASKED, tryRender(template, [user(ASKED)], false));
  return between.startsWith(alone) && between.length > alone.length ? between.slice(alone.length) : null;
}
