/** JSON with exact integers. */

import { parse as parseLossless } from 'lossless-json';
import { WireFormatError } from '../format-error.ts';

/** A whole number of at least 16 digits, outside or inside a string. Numbers with fewer digits fit a double. */
const LONG_INTEGER = /(?<![\d.])\d{16,}(?![\d.eE])/;

/**
 * Parses JSON. Integers that a double cannot hold become bigints; `JSON.parse` would change them, and make neighbours
 * equal. Throws WireFormatError for anything else than JSON in UTF-8.
 */
export function parseJson(body: string | Uint8Array): unknown {
  try {
    const text = typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body);
    // The exact parser is many times slower, and almost no message needs it.
    return LONG_INTEGER.test(text) ? parseLossless(text, null, { parseNumber }) : JSON.parse(text);
  } catch (error) {
    throw new WireFormatError('the body is not valid JSON', { cause: error });
  }
}

function parseNumber(text: string): number | bigint {
  const number = Number(text);
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(text) ? BigInt(text) : number;
}
