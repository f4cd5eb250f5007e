import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random } from '../../../src/random.ts';
import { engineContract } from '../../../src/engine/engine.contract.ts';
import { writeBase } from './files.ts';
import createScriptedEngine from './index.ts';

const WORDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', '<end>'];

async function writeRandomBase(folder: string): Promise<void> {
  const random = new Random(5);
  const size = WORDS.length;
  const table = (): Float32Array => Float32Array.from({ length: size * size }, () => random.normal());
  await writeBase(folder, { vocabulary: size, bigram: table(), skip: table() }, [size - 1]);
  const vocab = Object.fromEntries(WORDS.map((word, id) => [word, id]));
  const model = { type: 'WordLevel', vocab, unk_token: 'a' };
  const tokenizer = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model,
  };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizer));
}

engineContract('scripted', createScriptedEngine, writeRandomBase);
