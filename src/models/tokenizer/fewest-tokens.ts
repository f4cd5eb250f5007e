/**
 * A lower bound of a text's length in tokens, without tokenizing it. Tokenizing takes 10 to 30 µs per letter of a word
 * without spaces, so a server must not tokenize a text that cannot fit into the context anyway.
 */

import { z } from 'zod';

/** Composition (NFC) makes a text shorter, by less than this factor. */
const COMPOSED = 4;
/** Normalizers that keep the number of letters, or change it by less than `COMPOSED`. */
const KEEPING = new Set(['NFC', 'NFD', 'Lowercase', 'Prepend', 'Replace', 'Sequence']);

const normalizerSchema = z.looseObject({
  type: z.string(),
  normalizers: z.array(z.looseObject({ type: z.string() })).optional(),
  content: z.string().optional(),
});
const filesSchema = z.looseObject({
  normalizer: normalizerSchema.nullish(),
  model: z.looseObject({
    vocab: z.union([z.record(z.string(), z.unknown()), z.array(z.tuple([z.string()]).rest(z.unknown()))]),
  }),
  added_tokens: z.array(z.looseObject({ content: z.string() })).optional(),
});

/**
 * Returns the function that computes the bound, from the contents of tokenizer.json. It returns 0 for every text if the
 * tokenizer may drop letters.
 */
export function fewestTokensOf(tokenizer: unknown): (text: string) => number {
  const files = filesSchema.safeParse(tokenizer);
  if (!files.success || dropsLetters(files.data.normalizer)) return () => 0;
  const { model, added_tokens: added = [] } = files.data;
  const tokens = Array.isArray(model.vocab) ? model.vocab.map(([token]) => token) : Object.keys(model.vocab);
  const longest = [...tokens, ...added.map(({ content }) => content)].reduce(
    (most, { length }) => Math.max(most, length),
    1,
  );
  return (text) => Math.ceil(text.length / (longest * COMPOSED));
}

function dropsLetters(normalizer: z.output<typeof normalizerSchema> | null | undefined): boolean {
  if (normalizer === null || normalizer === undefined) return false;
  const all = [normalizer, ...(normalizer.normalizers ?? [])];
  return all.some(({ type, content }) => !KEEPING.has(type) || (type === 'Replace' && content === ''));
}
