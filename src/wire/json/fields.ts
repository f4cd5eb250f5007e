/** Fields of parsed JSON with checks. `where` names the value in the WireFormatError that every function throws. */

import { WireFormatError } from '../format-error.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Throws WireFormatError: the value is absent, or is not `what`. */
function refuse(value: unknown, where: string, what: string): never {
  throw new WireFormatError(value === undefined ? `${where} is missing` : `${where} must be ${what}`);
}

/** Returns the value as an object. */
export function asObject(value: unknown, where: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(value, where, 'an object');
  }
  return value as JsonObject;
}

/** Returns the value as an array. */
export function asArray(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) refuse(value, where, 'a list');
  return value;
}

/** Returns the value as a text. */
export function asText(value: unknown, where: string): string {
  if (typeof value !== 'string') refuse(value, where, 'a text');
  return value;
}

/** Returns the value as a finite number. */
export function asNumber(value: unknown, where: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) refuse(value, where, 'a number');
  return value;
}

/** Returns the value as a whole number that a double holds exactly. */
export function asInteger(value: unknown, where: string): number {
  if (!Number.isSafeInteger(value)) refuse(value, where, 'a whole number below 2^53');
  return value as number;
}

/** Returns the value as a truth value. */
export function asBoolean(value: unknown, where: string): boolean {
  if (typeof value !== 'boolean') refuse(value, where, 'true or false');
  return value;
}

/** Applies `read` unless the field is absent or null, which mean the same on this wire. */
export function optional<T>(value: unknown, where: string, read: (value: unknown, where: string) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value, where);
}

/** Returns a list of whole numbers as int32. */
export function asInt32s(value: unknown, where: string): Int32Array {
  const list = asArray(value, where);
  const out = new Int32Array(list.length);
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    // Storing cuts to 32 bits; the comparison finds numbers that were cut, and everything that is no number.
    out[i] = typeof entry === 'number' ? entry : 0;
    if (out[i] !== entry) throw new WireFormatError(`${where}[${i}] must be a whole number of 32 bits`);
  }
  return out;
}

/** Returns a list of numbers as float32; null becomes NaN. */
export function asFloat32s(value: unknown, where: string): Float32Array {
  const list = asArray(value, where);
  const out = new Float32Array(list.length);
  for (let i = 0; i < list.length; i++) {
    const entry = list[i];
    if (typeof entry === 'number') out[i] = entry;
    else if (typeof entry === 'bigint') out[i] = Number(entry);
    else if (entry === null) out[i] = Number.NaN;
    else throw new WireFormatError(`${where}[${i}] must be a number or null`);
  }
  return out;
}
