/**
 * Converts text to tokens and back, and chat messages to a prompt, with the checkpoint's own files. A thin
 * layer over Hugging Face's tokenizer and Jinja packages. It adds validated files, decoding of any id that a
 * model can sample, end tokens from all three files that may name them, and no clean-up of spaces. Next:
 * `chat-template.ts`.
 */

import { join } from 'node:path';
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { messageOf, ModelLoadError } from '../../errors.ts';
import type { ChatMessage } from '../../types.ts';
import { placeOfModel, textFolders } from '../adapters/adapter-base.ts';
import { spellOutByteLevel } from './byte-level.ts';
import { loadChatTemplate } from './chat-template.ts';
import { readJson, readJsonIfPresent } from '../../files/json-file.ts';

export interface Tokenizer {
  /** Encodes a text. Nothing is added before or after; special tokens written in the text are recognised. */
  readonly encode: (text: string) => Int32Array;
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
}

const nameSchema = z.union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)]);
const id = z.number().int().nonnegative();
const idsSchema = z.union([id.transform((one) => [one]), z.array(id)]).nullish();
const addedSchema = z.array(z.looseObject({ id, content: z.string(), special: z.boolean().optional() }));

const NAMED_TOKENS = ['bos_token', 'eos_token', 'pad_token', 'unk_token'];

interface Files {
  folder: string;
  tokenizer: Record<string, unknown>;
  tokenizerConfig: Record<string, unknown>;
  config: Record<string, unknown>;
  generationConfig: Record<string, unknown>;
}

/**
 * Loads the tokenizer of a checkpoint folder: tokenizer.json and, if present, tokenizer_config.json,
 * generation_config.json, config.json and chat_template.jinja. Files that an adapter's folder lacks are taken
 * from its base. Throws ModelLoadError if tokenizer.json is missing, a file does not parse, an id is outside
 * the model's vocabulary, or no file names an end token.
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const at = textFolders(await placeOfModel(folder));
  const files: Files = {
    folder: at.tokenizer,
    tokenizer: await readJson(join(at.tokenizer, 'tokenizer.json'), "the model's tokenizer"),
    tokenizerConfig: (await readJsonIfPresent(join(at.tokenizer, 'tokenizer_config.json'))) ?? {},
    config: (await readJsonIfPresent(join(at.config, 'config.json'))) ?? {},
    generationConfig: (await readJsonIfPresent(join(at.generation, 'generation_config.json'))) ?? {},
  };
  const names = namedTokens(files.tokenizerConfig);
  const hub = openHub(files, names);
  const size = vocabularySize(files, hub);
  const special = specialTokens(files, hub, names);
  const eosIds = endIds(files, hub, names, size);
  const codec = makeCodec(hub, new Set(special.values()));
  const template = await loadChatTemplate(files.folder, files.tokenizerConfig, names, startText(hub));
  return {
    ...codec,
    eosIds,
    padId: padId(files, hub, names, eosIds[0], size),
    size,
    renderChat(messages, { continueWith = '' } = {}) {
      const safe = messages.map(({ role, content }) => ({ role, content: removeAll(content, special) }));
      // The plain format does not mark the assistant's turn, so it starts on a new line.
      const cue = template.own || continueWith === '' ? '' : '\n';
      return template.render(safe) + cue + continueWith;
    },
  };
}

function openHub(files: Files, names: Record<string, string>): HubTokenizer {
  const path = join(files.folder, 'tokenizer.json');
  try {
    return new HubTokenizer(
      { added_tokens: [], ...spellOutByteLevel(files.tokenizer) },
      { ...files.tokenizerConfig, ...names },
    );
  } catch (cause) {
    throw new ModelLoadError(
      `${path}: cannot be used as a tokenizer (${messageOf(cause).slice(0, 200)}).`,
      'Download this file again. A slow tokenizer must be converted to tokenizer.json first.',
      { cause },
    );
  }
}

function makeCodec(hub: HubTokenizer, specialIds: ReadonlySet<number>): Pick<Tokenizer, 'encode' | 'decode'> {
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
      return known.length === 0 ? '' : hub.decode(known, { clean_up_tokenization_spaces: false });
    },
  };
}

/**
 * Returns the strings of `bos_token`, `eos_token`, …; a file may store them as text or as an object with
 * `content`.
 */
function namedTokens(tokenizerConfig: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    NAMED_TOKENS.flatMap((key) => {
      const name = nameSchema.safeParse(tokenizerConfig[key]);
      return name.success ? [[key, name.data]] : [];
    }),
  );
}

/** Returns the special tokens that can occur in text, longest first, with their ids. */
function specialTokens(
  { folder, tokenizer }: Files,
  hub: HubTokenizer,
  names: Record<string, string>,
): Map<string, number> {
  const added = addedSchema.safeParse(tokenizer.added_tokens ?? []);
  if (!added.success) {
    throw new ModelLoadError(
      `${join(folder, 'tokenizer.json')}: \`added_tokens\` is not a list of tokens.`,
      'Download this file again.',
    );
  }
  const contents = [
    ...added.data.filter(({ special }) => special === true).map(({ content }) => content),
    ...Object.values(names),
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

function vocabularySize({ folder, config }: Files, hub: HubTokenizer): number {
  let size = 0;
  for (const token of hub.get_vocab().values()) size = Math.max(size, token + 1);
  const vocabulary = id.safeParse(config.vocab_size);
  if (vocabulary.success && size > vocabulary.data) {
    throw new ModelLoadError(
      `${join(folder, 'tokenizer.json')}: highest token id ${size - 1}; expected less than vocab_size ${vocabulary.data} of config.json.`,
      'Use the tokenizer that belongs to this model.',
    );
  }
  return size;
}

function idsIn(json: Record<string, unknown>, key: string, file: string): number[] {
  const ids = idsSchema.safeParse(json[key]);
  if (ids.success) return ids.data ?? [];
  throw new ModelLoadError(
    `${file}: ${key} is ${JSON.stringify(json[key]).slice(0, 120)}; expected an id or a list of ids.`,
    'Correct this file.',
  );
}

function endIds(files: Files, hub: HubTokenizer, names: Record<string, string>, size: number): number[] {
  const named = names.eos_token === undefined ? undefined : hub.token_to_id(names.eos_token);
  const ids = [
    ...idsIn(files.generationConfig, 'eos_token_id', join(files.folder, 'generation_config.json')),
    ...idsIn(files.config, 'eos_token_id', join(files.folder, 'config.json')),
    ...(named === undefined ? [] : [named]),
  ];
  const known = [...new Set(ids)].filter((token) => token < size).toSorted((a, b) => a - b);
  if (known.length > 0) return known;
  throw new ModelLoadError(
    `${files.folder}: generation_config.json, config.json and tokenizer_config.json name no end token that the tokenizer knows.`,
    'Set eos_token_id in generation_config.json; without it, completions never end.',
  );
}

function padId(files: Files, hub: HubTokenizer, names: Record<string, string>, fallback: number, size: number): number {
  const named = names.pad_token === undefined ? undefined : hub.token_to_id(names.pad_token);
  const [configured] = idsIn(files.config, 'pad_token_id', join(files.folder, 'config.json'));
  return [named, configured].find((token) => token !== undefined && token < size) ?? fallback;
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
