/** The vocabulary of a tokenizer in the form of llama.cpp. Pure. */

import type { BpeFile, PreTokenizer } from './pre-tokenizer.ts';

/** Kinds of tokens in llama.cpp. */
const NORMAL = 1;
const UNKNOWN = 2;
/** Special: not shown, and found in a text only if the caller allows it. */
const CONTROL = 3;
/** Found in a text before it is split; written as it is. */
const USER_DEFINED = 4;
const UNUSED = 5;

export interface GgufTokens {
  texts: string[];
  types: number[];
  /** Pairs that are merged, first to last, as `left right`. */
  merges: string[];
}

/** A whole word, with or without a space before it. */
const WORD = /^ ?[A-Za-z]+$/;

/** Lists the tokens of a vocabulary of `size` rows. Rows without a token are filled. */
export function ggufTokens({ model, added_tokens: added }: BpeFile, pre: PreTokenizer, size: number): GgufTokens {
  const texts = Array.from({ length: size }, (_, id) => `[PAD${id}]`);
  const types = texts.map(() => UNUSED);
  const put = (id: number, text: string, type: number): void => {
    texts[id] = text;
    types[id] = type;
  };
  for (const [text, id] of Object.entries(model.vocab)) {
    if (pre.tokens === 'bytes') put(id, text, NORMAL);
    else if (WORD.test(text) || [...text].length === 1) put(id, byteText(text), NORMAL);
    else put(id, text, USER_DEFINED);
  }
  for (const { id, content, special } of added ?? []) {
    const isUnknown = content === model.unk_token;
    put(id, content, isUnknown ? UNKNOWN : special === true ? CONTROL : USER_DEFINED);
  }
  const merges = (model.merges ?? []).map((pair) => (typeof pair === 'string' ? pair : pair.join(' ')));
  return { texts, types, merges };
}

/** Writes the bytes of a text in GPT-2's printable characters. */
export function byteText(text: string): string {
  return Array.from(Buffer.from(text), (byte) => BYTE_CHARACTERS[byte]).join('');
}

/** Printable Latin-1 stands for itself; the other bytes are the characters from U+0100 on. */
const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 0x100;
  const isPrintable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
})();
