import { readFile } from 'node:fs/promises';
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteDecoder } from './byte-decoder.ts';

interface File {
  model: { vocab: Record<string, number> } & Record<string, unknown>;
  added_tokens: { id: number; content: string }[];
  decoder: unknown;
}

async function fixture(name: string): Promise<File> {
  const url = new URL(`../../../test/fixtures/models/${name}.json`, import.meta.url);
  const { tokenizer }: { tokenizer: File } = JSON.parse(await readFile(url, 'utf8'));
  return tokenizer;
}

it('decodes any tokens as the package does', async () => {
  const file = await fixture('byte-bpe');
  // Tokens that are no bytes, and one of the text of an added token.
  const ids = Object.values(file.model.vocab);
  const [{ content }] = file.added_tokens;
  const odd = Math.max(...ids, ...file.added_tokens.map(({ id }) => id)) + 1;
  Object.assign(file.model.vocab, { 日本: odd, [`x${content}`]: odd + 1 });
  const hub = new HubTokenizer(file, {});
  const ours = byteDecoder(file, (token) => hub.id_to_token(token));
  expect(ours).not.toBeNull();
  const token = fc.constantFrom(...ids, ...file.added_tokens.map(({ id }) => id), odd, odd + 1);
  fc.assert(
    fc.property(fc.array(token, { minLength: 1, maxLength: 60 }), (tokens) => {
      expect(ours?.(tokens)).toBe(hub.decode(tokens, { clean_up_tokenization_spaces: false }));
    }),
    { numRuns: 2000 },
  );
  // Longer than its scratch memory, and the next call is not affected.
  const long = Array.from({ length: 30_000 }, (_, at) => ids[at % ids.length]);
  expect(ours?.(long)).toBe(hub.decode(long, { clean_up_tokenization_spaces: false }));
  expect(ours?.([])).toBe('');
});

it('leaves other tokenizers to the package', async () => {
  expect(byteDecoder(await fixture('unigram'), () => 'a')).toBeNull();
  expect(byteDecoder(await fixture('characters'), () => 'a')).toBeNull();
  const file = await fixture('byte-bpe');
  expect(byteDecoder({ ...file, model: { ...file.model, end_of_word_suffix: '</w>' } }, () => 'a')).toBeNull();
  expect(byteDecoder({ ...file, decoder: { type: 'Sequence', decoders: [file.decoder] } }, () => 'a')).toBeNull();
});
