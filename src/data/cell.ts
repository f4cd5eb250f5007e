/** Reads single cells of a row as texts and lists. */

import type { Malformed } from './row.ts';

/**
 * Returns a cell as trimmed text, or the reason why it has none. A whole number is read exactly or not at all: JSON
 * parsers round numbers above 2^53.
 */
export function textOfCell(value: unknown): string | Malformed {
  if (typeof value === 'string') return value.trim() === '' ? { malformed: 'an empty text' } : value.trim();
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return textOfNumber(value);
  if (value === null || value === undefined) return { malformed: 'nothing' };
  return { malformed: Array.isArray(value) ? 'a list' : `a value of type ${typeof value}` };
}

function textOfNumber(value: number): string | Malformed {
  if (!Number.isFinite(value)) return { malformed: 'a number that is not finite' };
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return { malformed: 'a number above 2^53, which is rounded unless it is written as text' };
  }
  return String(value);
}

/**
 * Returns the list that a text holds: JSON, or Python's notation as pandas writes it to CSV (`['a', 'b']`). Null for
 * any other text, and for a list that is not of texts: `[1, 2]` may be an answer.
 */
export function listInText(text: string): string[] | null {
  const trimmed = text.trim();
  if (!/^\[\s*["'][\s\S]*["']\s*\]$/.test(trimmed)) return null;
  return jsonTexts(trimmed) ?? pythonTexts(trimmed);
}

function jsonTexts(text: string): string[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((one): one is string => typeof one === 'string') ? value : null;
  } catch {
    return null;
  }
}

const PYTHON_TEXT = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*,?/y;

function pythonTexts(text: string): string[] | null {
  const inner = text.slice(1, -1);
  const texts: string[] = [];
  PYTHON_TEXT.lastIndex = 0;
  while (PYTHON_TEXT.lastIndex < inner.length) {
    const match = PYTHON_TEXT.exec(inner);
    if (match === null) return null;
    texts.push((match[1] ?? match[2]).replaceAll(/\\(['"\\])/g, '$1'));
  }
  return texts;
}
