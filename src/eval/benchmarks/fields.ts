/**
 * Helpers for the tasks in this folder: read fields whose names differ between copies of a data set, and
 * build items. A row that is not a valid question becomes `Malformed`.
 */

import { LETTERS, type EvalItem, type Malformed, type Row } from '../task.ts';

/**
 * Returns the first named field that contains text (or a number, as text), trimmed. Null if there is none.
 */
export function textOf(row: Row, ...names: string[]): string | null {
  for (const name of names) {
    const text = asText(row[name]);
    if (text !== null) return text;
  }
  return null;
}

/** Returns a value as trimmed text. Null for anything except text and numbers, and for blank text. */
export function asText(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : null;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text === '' ? null : text;
}

/** Returns a list of texts. Null if the value is not a list or an entry is not text. */
export function textsOf(value: unknown): string[] | null {
  if (!Array.isArray(value)) return null;
  const texts = value.map(asText);
  return texts.every((text) => text !== null) && texts.length > 0 ? texts : null;
}

/** Builds an open question with one right answer. */
export function openItem(
  at: number,
  given: { id: string | null; question: string | null; answer: string | null; category?: string | null },
): EvalItem | Malformed {
  if (given.question === null) return { malformed: 'no question' };
  if (given.answer === null) return { malformed: 'no answer' };
  return {
    id: given.id ?? String(at),
    question: given.question,
    choices: null,
    reference: { answers: [given.answer] },
    category: given.category ?? null,
  };
}

/** Builds a multiple-choice question from the 0-based index of its right choice. */
export function choiceItem(
  at: number,
  given: {
    id: string | null;
    question: string | null;
    choices: string[] | null;
    right: number;
    category?: string | null;
  },
): EvalItem | Malformed {
  const { question, choices, right } = given;
  if (question === null) return { malformed: 'no question' };
  if (choices === null || choices.length < 2) return { malformed: 'fewer than two choices' };
  if (choices.length > LETTERS.length) return { malformed: `more than ${LETTERS.length} choices` };
  if (!Number.isInteger(right) || right < 0 || right >= choices.length) {
    return { malformed: 'the answer is none of the choices' };
  }
  return {
    id: given.id ?? String(at),
    question,
    choices,
    reference: { answers: [LETTERS[right]] },
    category: given.category ?? null,
  };
}
