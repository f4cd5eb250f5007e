/**
 * Decodes the tokens of a byte-level tokenizer. The package builds a text of one character per byte and converts it
 * character by character; here, the bytes of every token are looked up. The results are the same, and a large run
 * decodes a hundred million tokens.
 */

import { z } from 'zod';

const GPT2_PRINTABLE = /[!-~¡-¬®-ÿ]/u;
const SCRATCH = 1 << 14;

const fileSchema = z.looseObject({
  decoder: z.looseObject({ type: z.literal('ByteLevel') }),
  model: z.looseObject({ end_of_word_suffix: z.string().max(0).nullish() }),
  added_tokens: z.array(z.looseObject({ content: z.string() })).nullish(),
});

/** Decodes tokens that the vocabulary contains; invalid UTF-8 becomes U+FFFD. */
export type DecodeKnown = (tokens: readonly number[]) => string;

/**
 * Returns the decoder for a `tokenizer.json`; null if that is not byte-level.
 * @param tokenOf returns the vocabulary's text of a token
 */
export function byteDecoder(file: unknown, tokenOf: (token: number) => string | undefined): DecodeKnown | null {
  const parsed = fileSchema.safeParse(file);
  if (!parsed.success) return null;
  const added = new Set(parsed.data.added_tokens?.map(({ content }) => content));
  const pieces = new Map<number, Uint8Array | string>();
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  let scratch = new Uint8Array(SCRATCH);

  const pieceOf = (token: number): Uint8Array | string => {
    const known = pieces.get(token);
    if (known !== undefined) return known;
    const text = tokenOf(token) ?? '';
    const piece = added.has(text) ? text : bytesOf(text);
    pieces.set(token, piece);
    return piece;
  };

  return (tokens) => {
    let out = '';
    let length = 0;
    for (const token of tokens) {
      const piece = pieceOf(token);
      if (typeof piece === 'string') {
        // An added token is text by itself, and ends the bytes before it.
        out += utf8.decode(scratch.subarray(0, length)) + piece;
        length = 0;
        continue;
      }
      if (length + piece.length > scratch.length) scratch = grown(scratch, length + piece.length);
      for (const byte of piece) scratch[length++] = byte;
    }
    return out + utf8.decode(scratch.subarray(0, length));
  };
}

function grown(bytes: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * needed);
  larger.set(bytes);
  return larger;
}

/** GPT-2's character for every byte, reversed. A character that stands for no byte is read as 0, as in the package. */
const BYTES = new Map<string, number>();
for (let byte = 0, next = 0x100; byte < 0x100; byte++) {
  const own = String.fromCodePoint(byte);
  BYTES.set(GPT2_PRINTABLE.test(own) ? own : String.fromCodePoint(next++), byte);
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from([...text], (character) => BYTES.get(character) ?? 0);
}
