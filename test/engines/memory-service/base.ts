import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../../src/random.ts';
import { writeBase } from '../scripted/files.ts';

const WORDS = Array.from({ length: 23 }, (_, id) => `w${String.fromCodePoint(97 + id)}`);

/** Writes a base of random tables with a tokenizer of words; the last one is the end token. */
export async function writeTablesBase(folder: string): Promise<void> {
  const random = new Random(5);
  const size = WORDS.length + 1;
  const table = (): Float32Array => Float32Array.from({ length: size * size }, () => random.normal());
  await writeBase(folder, { vocabulary: size, bigram: table(), skip: table() }, [size - 1]);
  const vocab = Object.fromEntries([...WORDS, '<end>'].map((word, id) => [word, id]));
  const tokenizer = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab, unk_token: WORDS[0] },
  };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
}
