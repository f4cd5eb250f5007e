/** Encodes tokens and log-probabilities as bytes for the columns of `rollout_tokens`. Exact in both directions. */

import { endianness } from 'node:os';
import { DamagedValue } from '../failures.ts';

/** Payload of one byte of a LEB128 number; the highest bit says that another byte follows. */
const PAYLOAD = 7;
const MORE = 1 << PAYLOAD;
/** Most bytes of a number below 2^32. */
const LONGEST = 5;

/** Encodes lists of tokens (0 to 2^31 - 1): per list its length, then its tokens, as LEB128 numbers. */
export function tokenBlob(lists: readonly Int32Array[]): Uint8Array {
  const bytes: number[] = [];
  const write = (value: number): void => {
    let rest = value;
    for (; rest >= MORE; rest >>>= PAYLOAD) bytes.push((rest & (MORE - 1)) | MORE);
    bytes.push(rest);
  };
  for (const list of lists) {
    write(list.length);
    for (const token of list) write(token);
  }
  return Uint8Array.from(bytes);
}

/**
 * Decodes `tokenBlob`.
 * @throws DamagedValue if the bytes are damaged
 */
export function tokenLists(blob: Uint8Array): Int32Array[] {
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let part = 0; part < LONGEST; part++) {
      if (at >= blob.length) throw damaged('tokens end early');
      const byte = blob[at++];
      value += (byte & (MORE - 1)) * 2 ** (PAYLOAD * part);
      if (byte < MORE) return value;
    }
    throw damaged('a token is too large');
  };
  const lists: Int32Array[] = [];
  while (at < blob.length) {
    const length = read();
    if (length > blob.length - at) throw damaged('tokens end early');
    lists.push(Int32Array.from({ length }, read));
  }
  return lists;
}

/** Encodes lists of float32 numbers one after the other, little-endian. */
export function floatBlob(lists: readonly Float32Array[]): Uint8Array {
  const total = lists.reduce((sum, list) => sum + list.length, 0);
  const all = new Float32Array(total);
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  return littleEndian(new Uint8Array(all.buffer));
}

/**
 * Decodes `floatBlob` into lists of the given lengths.
 * @throws DamagedValue if the bytes do not hold exactly these lists
 */
export function floatLists(blob: Uint8Array, lengths: readonly number[]): Float32Array[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (blob.length !== total * Float32Array.BYTES_PER_ELEMENT) throw damaged('log-probabilities do not fit the tokens');
  const all = new Float32Array(littleEndian(blob.slice()).buffer);
  let at = 0;
  return lengths.map((length) => all.slice(at, (at += length)));
}

/** Converts float32 numbers between this machine's byte order and little-endian, in place. */
function littleEndian(bytes: Uint8Array): Uint8Array {
  if (endianness() === 'LE') return bytes;
  return new Uint8Array(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).swap32());
}

function damaged(what: string): DamagedValue {
  return new DamagedValue(`a training step cannot be read: ${what}`);
}
