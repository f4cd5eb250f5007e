/**
 * Recognises the tokenizers that llama.cpp can run. It splits texts by patterns that are part of the program, so a
 * `tokenizer.json` has to use one of those; any other would give other tokens without a warning. Pure.
 */

import { z } from 'zod';
import { PIECES } from '../../domains/arithmetic/tokenizer.ts';

/** How llama.cpp splits texts. */
export interface PreTokenizer {
  /** Name of the pattern in llama.cpp. */
  name: 'gpt-2' | 'qwen2' | 'llama-bpe' | 'smollm';
  /**
   * `bytes`: tokens are written in GPT-2's characters for bytes. `words`: tokens are texts, as in the shipped base; those
   * that are no words are found before the text is split.
   */
  tokens: 'bytes' | 'words';
}

const CONTRACTIONS = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|`;
const REST = String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const PATTERNS: Record<string, { name: PreTokenizer['name']; ignoreMerges: boolean }> = {
  [`${CONTRACTIONS}\\p{N}${REST}`]: { name: 'qwen2', ignoreMerges: false },
  [`${CONTRACTIONS}\\p{N}{1,3}${REST}`]: { name: 'llama-bpe', ignoreMerges: true },
};

const split = z.looseObject({
  type: z.literal('Split'),
  pattern: z.looseObject({ Regex: z.string() }),
  behavior: z.literal('Isolated'),
  invert: z.literal(false).nullish(),
});
const bytes = z.looseObject({
  type: z.literal('ByteLevel'),
  add_prefix_space: z.literal(false),
  use_regex: z.boolean().nullish(),
});
const digits = z.looseObject({ type: z.literal('Digits'), individual_digits: z.literal(true) });
const step = z.union([split, bytes, digits]);
const sequence = z.looseObject({ type: z.literal('Sequence'), pretokenizers: z.array(step) });

/** The parts of a `tokenizer.json` that decide which tokens a text becomes. */
export const bpeFile = z.looseObject({
  normalizer: z.looseObject({ type: z.literal('NFC') }).nullish(),
  pre_tokenizer: z.union([sequence.transform(({ pretokenizers }) => pretokenizers), step.transform((one) => [one])]),
  model: z.looseObject({
    type: z.literal('BPE'),
    vocab: z.record(z.string(), z.number().int().nonnegative()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])).nullish(),
    ignore_merges: z.boolean().nullish(),
    byte_fallback: z.literal(false).nullish(),
    continuing_subword_prefix: z.string().max(0).nullish(),
    end_of_word_suffix: z.string().max(0).nullish(),
    unk_token: z.string().nullish(),
  }),
  added_tokens: z
    .array(z.looseObject({ id: z.number().int().nonnegative(), content: z.string(), special: z.boolean().nullish() }))
    .nullish(),
});

export type BpeFile = z.output<typeof bpeFile>;

/** Returns how llama.cpp splits texts for a tokenizer; null if it cannot split them in the same way. */
export function preTokenizerOf({ pre_tokenizer: steps, model }: BpeFile): PreTokenizer | null {
  const ignoreMerges = model.ignore_merges === true;
  const [first, second] = steps;
  if (steps.length === 1 && first.type === 'Split')
    return first.pattern.Regex === PIECES && ignoreMerges && isEmpty(model.merges)
      ? { name: 'llama-bpe', tokens: 'words' }
      : null;
  if (steps.length === 1 && first.type === 'ByteLevel') {
    if (first.use_regex !== false) return ignoreMerges ? null : { name: 'gpt-2', tokens: 'bytes' };
    // Without merges every byte is a token, however the text is split.
    return isEmpty(model.merges) && !ignoreMerges ? { name: 'gpt-2', tokens: 'bytes' } : null;
  }
  if (steps.length !== 2 || second.type !== 'ByteLevel') return null;
  if (first.type === 'Digits')
    return second.use_regex === false || ignoreMerges ? null : { name: 'smollm', tokens: 'bytes' };
  if (first.type !== 'Split' || second.use_regex !== false) return null;
  const known = Object.hasOwn(PATTERNS, first.pattern.Regex) ? PATTERNS[first.pattern.Regex] : undefined;
  return known === undefined || known.ignoreMerges !== ignoreMerges ? null : { name: known.name, tokens: 'bytes' };
}

function isEmpty(list: readonly unknown[] | null | undefined): boolean {
  return list == null || list.length === 0;
}
