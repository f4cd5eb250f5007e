/**
 * Converts text to tokens and back, and chat messages to a prompt, with the checkpoint's own files. A thin
 * layer over Hugging Face's tokenizer and Jinja packages. It adds validated files, decoding of any id that a
 * model can sample, end tokens from all files that may name them, and no clean-up of spaces. Next:
 * `chat-template.ts` (prompts), `text-files.ts` (files), `assistant-turn.ts` (how a template ends a turn).
 */

import { join } from 'node:path';
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { messageOf, ModelLoadError } from '../../errors.ts';
import type { ChatMessage } from '../../types.ts';
import { type AssistantTurn, assistantTurn } from './assistant-turn.ts';
import { byteDecoder } from './byte-decoder.ts';
import { spellOutByteLevel } from './byte-level.ts';
import { type ChatTemplate, loadChatTemplate } from './chat-template.ts';
import { fewestTokensOf } from './fewest-tokens.ts';
import { today } from './strftime.ts';
import {
  namedTokens,
  readTextFiles,
  sourcesOf,
  templateNames,
  type TextFiles,
  type TokenSource,
} from './text-files.ts';

export interface Tokenizer {
  /** Encodes a text. Nothing is added before or after; special tokens written in the text are recognised. */
  readonly encode: (text: string) => Int32Array;
  /** Returns a lower bound of a text's tokens without encoding it; 0 if none is known. Absent: not known. */
  readonly fewestTokens?: (text: string) => number;
  /** Decodes tokens. Unknown ids (of a padded vocabulary) are skipped; invalid UTF-8 becomes U+FFFD. */
  readonly decode: (tokens: ArrayLike<number>, options?: { skipSpecial?: boolean }) => string;
  /** Ids that end a completion, ascending, at least one. */
  readonly eosIds: readonly number[];
  /** Padding id for masked positions. Any valid id works. */
  readonly padId: number;
  /** All ids are below this value. At most the model's vocabulary size. */
  readonly size: number;
  /**
   * Renders the prompt for messages, up to the start of the assistant's turn; `continueWith` then begins that
   * turn. Special tokens inside the messages are removed: contents may have been written by a model, and must
   * not end or start a turn.
   */
  readonly renderChat: (messages: readonly ChatMessage[], options?: { continueWith?: string }) => string;
  /** What ends a completion in addition to `eosIds`, as part of a sample request. Absent: nothing. */
  readonly ends?: CompletionEnds;
  /** How the chat template begins and ends the assistant's turn. Absent: not known. */
  readonly turn?: AssistantTurn;
}

/** Additional ends of a completion: ids for texts that are one token, otherwise texts. */
export interface CompletionEnds {
  stopTokens?: readonly number[];
  stopStrings?: readonly string[];
}

/** Settings of prompts (`[prompt]` and `[template]` of the config). */
export interface TextSettings {
  /** Variables of the chat template. */
  template?: Readonly<Record<string, string | number | boolean>>;
  prompt?: {
    /** Additional texts that end a completion. */
    stop?: readonly string[];
    /** `user`: the system message becomes a part of the user message. */
    system?: 'message' | 'user';
    /** Date for templates that ask for it, `YYYY-MM-DD`; empty or absent: today. */
    date?: string;
  };
}

/** A tokenizer with the facts that it is made from, to compare them. */
export interface LoadedText {
  tokenizer: Tokenizer;
  files: TextFiles;
  template: ChatTemplate;
  /** Special tokens that can occur in text, longest first, with their ids. */
  special: ReadonlyMap<string, number>;
  sources: Record<'bos' | 'eos' | 'pad', TokenSource[]>;
  /** Text that the tokenizer adds before plain text; usually a start token or nothing. */
  prefix: string;
}

const addedSchema = z.array(
  z.looseObject({ id: z.number().int().nonnegative(), content: z.string(), special: z.boolean().optional() }),
);

/**
 * Loads the tokenizer of a checkpoint folder: tokenizer.json and, if present, tokenizer_config.json,
 * special_tokens_map.json, generation_config.json, config.json and chat_template.jinja. Files that an adapter's
 * folder lacks are taken from its base. Throws ModelLoadError if tokenizer.json is missing, a file does not parse, an
 * id is outside the model's vocabulary, or no file names an end token.
 */
export async function loadTokenizer(folder: string, settings: TextSettings = {}): Promise<Tokenizer> {
  return (await loadText(folder, settings)).tokenizer;
}

/** Same as `loadTokenizer`, with the facts behind it. */
export async function loadText(
  folder: string,
  { template: variables = {}, prompt = {} }: TextSettings = {},
): Promise<LoadedText> {
  const files = await readTextFiles(folder);
  const names = templateNames(files);
  const hub = openHub(files, names);
  const size = vocabularySize(files, hub);
  const special = specialTokens(files, hub);
  const sources = {
    bos: sourcesOf(files, { hub, size }, 'bos'),
    eos: sourcesOf(files, { hub, size }, 'eos'),
    pad: sourcesOf(files, { hub, size }, 'pad'),
  };
  const eosIds = endIds(files, sources.eos);
  const codec = makeCodec(files, hub, new Set(special.values()));
  const prefix = startText(hub);
  const template = await loadChatTemplate({
    folder: files.folder,
    tokenizerConfig: files.tokenizerConfig,
    variables: { ...names, ...variables },
    prefix,
    date: prompt.date || today(),
    systemInUser: prompt.system === 'user',
  });
  const ends = completionEnds(prompt.stop ?? [], codec.encode);
  const tokenizer: Tokenizer = {
    ...codec,
    fewestTokens: fewestTokensOf(files.tokenizer),
    eosIds,
    padId: padId(sources.pad, eosIds[0]),
    size,
    renderChat(messages, { continueWith = '' } = {}) {
      const safe = messages.map(({ role, content }) => ({ role, content: removeAll(content, special) }));
      // The plain format does not mark the assistant's turn, so it starts on a new line.
      const cue = template.text !== null || continueWith === '' ? '' : '\n';
      return template.render(safe) + cue + continueWith;
    },
    ...(ends === null ? {} : { ends }),
    turn: assistantTurn(template, { encode: codec.encode, special, eosIds, ends: ends ?? {} }),
  };
  return { tokenizer, files, template, special, sources, prefix };
}

function completionEnds(stop: readonly string[], encode: Tokenizer['encode']): CompletionEnds | null {
  if (stop.length === 0) return null;
  const tokens = stop.map((text) => encode(text));
  const stopTokens = tokens.flatMap((ids) => (ids.length === 1 ? [ids[0]] : []));
  const stopStrings = stop.filter((_, at) => tokens[at].length !== 1);
  return {
    ...(stopTokens.length === 0 ? {} : { stopTokens }),
    ...(stopStrings.length === 0 ? {} : { stopStrings }),
  };
}

function openHub(files: TextFiles, names: Record<string, string>): HubTokenizer {
  const path = join(files.folder, 'tokenizer.json');
  try {
    const hub = new HubTokenizer(
      { added_tokens: [], ...spellOutByteLevel(files.tokenizer) },
      { ...files.tokenizerConfig, ...names },
    );
    allowLongWords(hub);
    return hub;
  } catch (cause) {
    throw new ModelLoadError(
      `${path}: cannot be used as a tokenizer (${messageOf(cause).slice(0, 200)}).`,
      'Download this file again. A slow tokenizer must be converted to tokenizer.json first.',
      { cause },
    );
  }
}

/** The package's Unigram model, whose type declarations are lost under Node's module resolution. */
interface UnigramModel {
  encode(words: readonly string[]): string[];
  tokenize(word: string): string[];
}

/** The package passes all tokens of a word as arguments of one call, which overflows the stack for a long word. */
function allowLongWords(hub: HubTokenizer): void {
  const model: Partial<UnigramModel> = hub.model;
  const { tokenize } = model;
  if (tokenize !== undefined) model.encode = (words) => words.flatMap((word) => tokenize.call(model, word));
}

function makeCodec(
  { tokenizer }: TextFiles,
  hub: HubTokenizer,
  specialIds: ReadonlySet<number>,
): Pick<Tokenizer, 'encode' | 'decode'> {
  const decodeKnown =
    byteDecoder(tokenizer, (token) => hub.id_to_token(token)) ??
    ((tokens) => hub.decode([...tokens], { clean_up_tokenization_spaces: false }));
  return {
    encode(text) {
      // The package's type declarations lose this type under Node's module resolution.
      const { ids }: { ids: (number | undefined)[] } = hub.encode(text, { add_special_tokens: false });
      // A character outside a vocabulary without an unknown token has no id. It is dropped, as in the
      // original library.
      return Int32Array.from(ids.filter((token) => token !== undefined));
    },
    decode(tokens, { skipSpecial = false } = {}) {
      const known: number[] = [];
      for (let i = 0; i < tokens.length; i++) {
        const token = tokens[i];
        if (hub.id_to_token(token) !== undefined && !(skipSpecial && specialIds.has(token))) known.push(token);
      }
      return known.length === 0 ? '' : decodeKnown(known);
    },
  };
}

/** Returns the special tokens that can occur in text, longest first, with their ids. */
function specialTokens(files: TextFiles, hub: HubTokenizer): Map<string, number> {
  const { folder, tokenizer } = files;
  const added = addedSchema.safeParse(tokenizer.added_tokens ?? []);
  if (!added.success) {
    throw new ModelLoadError(
      `${join(folder, 'tokenizer.json')}: \`added_tokens\` is not a list of tokens.`,
      'Download this file again.',
    );
  }
  const contents = [
    ...added.data.filter(({ special }) => special === true).map(({ content }) => content),
    ...namedTokens(files),
  ];
  const longestFirst = [...new Set(contents)]
    .filter((content) => content !== '')
    .toSorted((a, b) => b.length - a.length);
  return new Map(
    longestFirst.flatMap((content) => {
      const token = hub.token_to_id(content);
      return token === undefined ? [] : [[content, token]];
    }),
  );
}

function vocabularySize({ folder, config }: TextFiles, hub: HubTokenizer): number {
  let size = 0;
  for (const token of hub.get_vocab().values()) size = Math.max(size, token + 1);
  const { vocab_size: vocabulary } = config;
  if (typeof vocabulary === 'number' && size > vocabulary) {
    throw new ModelLoadError(
      `${join(folder, 'tokenizer.json')}: highest token id ${size - 1}; expected less than vocab_size ${vocabulary} of config.json.`,
      'Use the tokenizer that belongs to this model.',
    );
  }
  return size;
}

function endIds({ folder }: TextFiles, sources: readonly TokenSource[]): number[] {
  const known = [...new Set(sources.flatMap(({ id }) => id ?? []))].toSorted((a, b) => a - b);
  if (known.length > 0) return known;
  throw new ModelLoadError(
    `${folder}: generation_config.json, config.json, tokenizer_config.json and special_tokens_map.json name no end token that the tokenizer knows.`,
    'Set eos_token_id in generation_config.json; without it, completions never end.',
  );
}

function padId(sources: readonly TokenSource[], fallback: number): number {
  const usable = sources.filter(({ file }) => file !== 'generation_config.json');
  // A name in a tokenizer's file comes before an id in the model's.
  const ordered = [...usable.filter(({ key }) => key === 'pad_token'), ...usable];
  return ordered.find(({ id }) => id !== null)?.id ?? fallback;
}

/** Returns the text that the tokenizer's post-processor adds before plain text (Llama 3's start token). */
function startText(hub: HubTokenizer): string {
  const bare: string[] = hub.encode('a', { add_special_tokens: false }).tokens;
  const full: string[] = hub.encode('a').tokens;
  const start = full.findIndex((_, at) => bare.every((token, i) => full[at + i] === token));
  return full.slice(0, Math.max(0, start)).join('');
}

/** Removes all special tokens, including those that only appear after another one was removed. */
function removeAll(text: string, special: ReadonlyMap<string, number>): string {
  let before = text;
  for (;;) {
    let after = before;
    for (const token of special.keys()) after = after.replaceAll(token, '');
    if (after === before) return after;
    before = after;
  }
}
