/** Decodes the bytes of a text file. Nothing is guessed silently: bytes that are no valid text are refused by name. */

import { ConfigError } from '../errors.ts';

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

const MARKS: readonly { bytes: readonly number[]; encoding: Encoding | 'utf-32' }[] = [
  { bytes: [0xff, 0xfe, 0, 0], encoding: 'utf-32' },
  { bytes: [0, 0, 0xfe, 0xff], encoding: 'utf-32' },
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
];

/**
 * Decodes UTF-8 and UTF-16, with or without a byte-order mark, and removes the mark. Throws ConfigError, with the line
 * of the first bad byte, for any other encoding and for a text that contains NUL.
 */
export function decodeText(bytes: Uint8Array, path: string): string {
  const mark = MARKS.find((one) => one.bytes.every((byte, at) => bytes[at] === byte));
  if (mark?.encoding === 'utf-32') throw unsupported(path, 'is UTF-32, which is not supported', 'UTF-32');
  const encoding = mark?.encoding ?? unmarked(bytes);
  const body = bytes.subarray(mark?.bytes.length ?? 0);
  const text = encoding === 'utf-8' ? fromUtf8(body, path) : fromUtf16(body, encoding, path);
  if (!text.includes('\0')) return text;
  throw new ConfigError(
    `${path}: line ${lineAt(text, text.indexOf('\0'))} contains a NUL character, so it is no text file.`,
    'Give a text file in UTF-8 or UTF-16, or a Parquet file.',
  );
}

/** Bytes that `unmarked` looks at. */
const SAMPLE = 4096;

/** Recognises UTF-16 without a mark: in most texts, one byte of nearly every pair is zero. UTF-8 has none. */
function unmarked(bytes: Uint8Array): Encoding {
  const size = Math.min(SAMPLE, bytes.length - (bytes.length % 2));
  const zeros = [0, 0];
  for (let at = 0; at < size; at++) if (bytes[at] === 0) zeros[at % 2]++;
  const [even, odd] = zeros.map((count) => count / Math.max(1, size / 2));
  if (odd > 0.4 && even < 0.1) return 'utf-16le';
  return even > 0.4 && odd < 0.1 ? 'utf-16be' : 'utf-8';
}

function fromUtf8(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const at = firstBadByte(bytes);
    const line = lineAt(Buffer.from(bytes.subarray(0, at)).toString('latin1'), at);
    const byte = `0x${bytes[at].toString(16).toUpperCase().padStart(2, '0')}`;
    throw unsupported(
      path,
      `is not valid UTF-8: line ${line} contains the byte ${byte}. It is probably ${likelyEncoding(bytes)}`,
      'WINDOWS-1252',
    );
  }
}

/** Bytes 0x80 to 0x9F are letters and quotes in Windows-1252, and control characters in Latin-1. */
function likelyEncoding(bytes: Uint8Array): string {
  return bytes.some((byte) => byte >= 0x80 && byte <= 0x9f) ? 'Windows-1252' : 'Latin-1 (ISO 8859-1) or Windows-1252';
}

/** Index of the first byte that differs after decoding with replacement characters and encoding again. */
function firstBadByte(bytes: Uint8Array): number {
  const again = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), 'utf8');
  const at = bytes.findIndex((byte, index) => byte !== again[index]);
  return at < 0 ? bytes.length - 1 : at;
}

/** No program converts such a text. */
const DAMAGED = 'It is cut off or damaged: download or export it again.';

function fromUtf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be', path: string): string {
  const name = encoding.toUpperCase();
  if (bytes.length % 2 !== 0) {
    throw new ConfigError(`${path} is ${name} with an odd number of bytes.`, DAMAGED);
  }
  const ordered = encoding === 'utf-16le' ? bytes : Buffer.from(bytes).swap16();
  try {
    return new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true }).decode(ordered);
  } catch {
    throw new ConfigError(`${path} is not valid ${name}.`, DAMAGED);
  }
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split(/\r\n|\n|\r/).length;
}

function unsupported(path: string, problem: string, from: string): ConfigError {
  return new ConfigError(
    `${path} ${problem}.`,
    `Save it as UTF-8, for example with \`iconv -f ${from} -t UTF-8 FILE > NEW\`.`,
  );
}
