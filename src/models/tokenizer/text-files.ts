/**
 * The files that describe a model's tokens, and what they say about its special tokens. Several files may name one
 * token; `../facts/` compares them. Next: `tokenizer.ts`.
 */

import { basename, join } from 'node:path';
import type { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { ModelLoadError } from '../../errors.ts';
import { readJson, readJsonIfPresent } from '../../files/json-file.ts';
import { placeOfModel, textFolders } from '../adapters/adapter-base.ts';

type Json = Record<string, unknown>;

export interface TextFiles {
  /** Folder of the tokenizer. */
  folder: string;
  tokenizer: Json;
  tokenizerConfig: Json;
  specialTokensMap: Json;
  config: Json;
  generationConfig: Json;
  /** Paths of the files that may name tokens. */
  paths: { tokenizerConfig: string; specialTokensMap: string; config: string; generationConfig: string };
}

/** Reads the files of a model; an adapter's missing files are those of its base. */
export async function readTextFiles(folder: string): Promise<TextFiles> {
  const at = textFolders(await placeOfModel(folder));
  const paths = {
    tokenizerConfig: join(at.tokenizer, 'tokenizer_config.json'),
    specialTokensMap: join(at.tokenizer, 'special_tokens_map.json'),
    config: join(at.config, 'config.json'),
    generationConfig: join(at.generation, 'generation_config.json'),
  };
  return {
    folder: at.tokenizer,
    tokenizer: await readJson(join(at.tokenizer, 'tokenizer.json'), "the model's tokenizer"),
    tokenizerConfig: (await readJsonIfPresent(paths.tokenizerConfig)) ?? {},
    specialTokensMap: (await readJsonIfPresent(paths.specialTokensMap)) ?? {},
    config: (await readJsonIfPresent(paths.config)) ?? {},
    generationConfig: (await readJsonIfPresent(paths.generationConfig)) ?? {},
    paths,
  };
}

const nameSchema = z.union([z.string(), z.looseObject({ content: z.string() }).transform(({ content }) => content)]);
const id = z.number().int().nonnegative();
const idsSchema = z.union([id.transform((one) => [one]), z.array(id)]).nullish();
const NAMED_TOKENS = ['bos_token', 'eos_token', 'pad_token', 'unk_token'];

function namesIn(json: Json): Record<string, string> {
  return Object.fromEntries(
    NAMED_TOKENS.flatMap((key) => {
      const name = nameSchema.safeParse(json[key]);
      return name.success ? [[key, name.data]] : [];
    }),
  );
}

/**
 * Returns the strings of `bos_token`, `eos_token`, … that templates read. As in transformers, special_tokens_map.json
 * counts only in folders of older versions, and then wins over tokenizer_config.json.
 */
export function templateNames({ tokenizerConfig, specialTokensMap }: TextFiles): Record<string, string> {
  const own = namesIn(tokenizerConfig);
  return tokenizerConfig.added_tokens_decoder === undefined ? { ...own, ...namesIn(specialTokensMap) } : own;
}

/** Returns the tokens that any file names, of all kinds. */
export function namedTokens({ tokenizerConfig, specialTokensMap }: TextFiles): string[] {
  return [...Object.values(namesIn(tokenizerConfig)), ...Object.values(namesIn(specialTokensMap))];
}

/** What one file says about a token. */
export interface TokenSource {
  /** Name of the file. */
  file: string;
  key: string;
  /** The token's id; null if the tokenizer does not know it. */
  id: number | null;
  /** As written in the file: an id, or a text. */
  written: number | string;
}

/**
 * Returns everything that the files say about one kind of token.
 * @param size number of ids of the tokenizer
 * @throws ModelLoadError for an id that is not a number
 */
export function sourcesOf(
  files: TextFiles,
  { hub, size }: { hub: Pick<HubTokenizer, 'token_to_id'>; size: number },
  kind: 'bos' | 'eos' | 'pad',
): TokenSource[] {
  const byId = (['generationConfig', 'config'] as const).flatMap((file) =>
    idsIn(files[file], `${kind}_token_id`, files.paths[file]).map((token): TokenSource => ({
      file: basename(files.paths[file]),
      key: `${kind}_token_id`,
      id: token < size ? token : null,
      written: token,
    })),
  );
  const byName = (['tokenizerConfig', 'specialTokensMap'] as const).flatMap((file): TokenSource[] => {
    const name = namesIn(files[file])[`${kind}_token`];
    if (name === undefined) return [];
    const token = hub.token_to_id(name) ?? null;
    return [{ file: basename(files.paths[file]), key: `${kind}_token`, id: token, written: name }];
  });
  return [...byId, ...byName];
}

function idsIn(json: Json, key: string, file: string): number[] {
  const ids = idsSchema.safeParse(json[key]);
  if (ids.success) return ids.data ?? [];
  // Older conversions write -1 for "no padding token".
  if (key === 'pad_token_id' && json[key] === -1) return [];
  throw new ModelLoadError(
    `${file}: ${key} is ${JSON.stringify(json[key]).slice(0, 120)}; expected an id or a list of ids.`,
    'Correct this file.',
  );
}
