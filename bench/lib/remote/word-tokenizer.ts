/**
 * A model folder without usable weights, whose tokenizer works like Qwen's: byte-level BPE with its pattern, and words
 * of the benchmark's texts as tokens of about the usual length. Numbers are split into digits.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { IM_END, writeRandomCheckpoint } from '../../../test/fixtures/random-checkpoint.ts';

const PATTERN = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
/** Tokens of the byte-level alphabet and the special ones. */
const FIRST = IM_END + 1;
const SPACE = 'Ġ';
/** Context length: a prompt, and an answer of 4096 tokens. */
const MAX_POSITIONS = 8192;

interface TokenizerFile {
  pre_tokenizer: unknown;
  model: { vocab: Record<string, number>; merges: [string, string][] };
}

/** Writes the folder for texts of these words (ASCII letters and marks). */
export async function writeWordModel(folder: string, texts: readonly string[]): Promise<void> {
  const { vocab, merges } = vocabularyOf(texts);
  const vocabulary = FIRST + Object.keys(vocab).length;
  await writeRandomCheckpoint(folder, {
    vocabulary,
    hidden: 8,
    layers: 1,
    heads: 1,
    kvHeads: 1,
    maxPositions: MAX_POSITIONS,
  });
  const path = join(folder, 'tokenizer.json');
  const file: TokenizerFile = JSON.parse(await readFile(path, 'utf8'));
  const split = { type: 'Split', pattern: { Regex: PATTERN }, behavior: 'Isolated', invert: false };
  file.pre_tokenizer = { type: 'Sequence', pretokenizers: [split, file.pre_tokenizer] };
  file.model.vocab = { ...file.model.vocab, ...vocab };
  file.model.merges = merges;
  await writeFile(path, JSON.stringify(file));
}

/** Every word is a token, and so is every beginning of a word: merging a letter at a time reaches it. */
function vocabularyOf(texts: readonly string[]): Pick<TokenizerFile['model'], 'vocab' | 'merges'> {
  const words = new Set(texts.flatMap((text) => text.match(/ ?[A-Za-z]+| ?[^\sA-Za-z0-9]+/g) ?? []));
  const vocab: Record<string, number> = {};
  const merges: [string, string][] = [];
  for (const word of words) {
    const letters = word.replaceAll(' ', SPACE);
    for (let end = 2; end <= letters.length; end++) {
      const token = letters.slice(0, end);
      if (vocab[token] !== undefined) continue;
      vocab[token] = FIRST + merges.length;
      merges.push([letters.slice(0, end - 1), letters.slice(end - 1, end)]);
    }
  }
  return { vocab, merges };
}
