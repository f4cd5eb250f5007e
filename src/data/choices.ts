/** Reads the choices of a multiple-choice question, and which of them is right. */

import { listInText, textOfCell } from './cell.ts';
import type { Malformed, Row } from './row.ts';

/** Letters of choices in order. */
export const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Formats the choices as lines `A. …`. */
export function choiceLines(choices: readonly string[]): string {
  return choices.map((choice, at) => `${LETTERS[at]}. ${choice}`).join('\n');
}

export interface Choices {
  texts: string[];
  /** The names that the data itself gives to the choices (`A`, `1`, …); null if it gives none. */
  labels: string[] | null;
}

/** Returns the choices in one column, or in several columns. Null if there are fewer than two. */
export function choicesOf(row: Row, columns: readonly string[]): Choices | null {
  const choices = columns.length === 1 ? inCell(row[columns[0]]) : inColumns(row, columns);
  return choices === null || choices.texts.length < 2 ? null : choices;
}

/** Empty cells after the last choice are left out: questions of one file may have different numbers of choices. */
function inColumns(row: Row, columns: readonly string[]): Choices | null {
  const cells = columns.map((name) => textOfCell(row[name]));
  const last = cells.findLastIndex((cell) => typeof cell === 'string');
  return plain(cells.slice(0, last + 1));
}

function inCell(value: unknown): Choices | null {
  if (typeof value === 'string') {
    const list = listInText(value) ?? parsed(value);
    return typeof list === 'string' ? null : inCell(list);
  }
  if (Array.isArray(value)) return value.every(isLabelled) ? labelled(value) : plain(value.map(textOfCell));
  if (typeof value !== 'object' || value === null) return null;
  const { text, label }: { text?: unknown; label?: unknown } = value;
  if (Array.isArray(text)) return named(text, Array.isArray(label) ? label : null);
  const entries = Object.entries(value).filter(([, one]) => one !== null && one !== undefined);
  return named(
    entries.map(([, one]) => one),
    entries.map(([name]) => name),
  );
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : text;
  } catch {
    return text;
  }
}

interface Labelled {
  label: unknown;
  text: unknown;
}

function isLabelled(value: unknown): value is Labelled {
  return typeof value === 'object' && value !== null && 'label' in value && 'text' in value;
}

function labelled(values: readonly Labelled[]): Choices | null {
  return named(
    values.map(({ text }) => text),
    values.map(({ label }) => label),
  );
}

function named(texts: readonly unknown[], labels: readonly unknown[] | null): Choices | null {
  const choices = plain(texts.map(textOfCell));
  const names = labels?.map(textOfCell).filter((name) => typeof name === 'string') ?? [];
  return choices === null || names.length !== choices.texts.length ? choices : { ...choices, labels: names };
}

function plain(cells: readonly (string | Malformed)[]): Choices | null {
  const texts = cells.filter((cell) => typeof cell === 'string');
  return texts.length < cells.length ? null : { texts: withoutLetters(texts), labels: null };
}

const OWN_LETTER = /^\(?([A-Za-z])[).:]\s*(?=\S)/;

/** Removes the letters that choices such as `A)21`, `B)21.5` carry themselves, if all of them do, in order. */
function withoutLetters(texts: readonly string[]): string[] {
  const isOwn = texts.every((text, at) => OWN_LETTER.exec(text)?.[1].toUpperCase() === LETTERS[at]);
  return isOwn ? texts.map((text) => text.replace(OWN_LETTER, '')) : [...texts];
}

/** The reason for an answer that names two choices, in different ways. */
export const AMBIGUOUS: Malformed = { malformed: 'the answer is both the text of a choice and the number of another' };

/**
 * Returns the 0-based index of the right choice, or the reason why it is unknown. The answer is tried as the data's own
 * name of a choice, a letter, the text of exactly one choice, and a number counted from `first`. A number in a JSON
 * file is never taken for a text.
 */
export function rightChoice(value: unknown, { texts, labels }: Choices, first: 0 | 1 = 0): number | Malformed {
  const cell = Array.isArray(value) && value.length === 1 ? value[0] : value;
  const answer = textOfCell(cell);
  if (typeof answer !== 'string') return { malformed: 'no answer' };
  const label = labels?.indexOf(answer) ?? -1;
  if (label >= 0) return label;
  const letter = /^\(?([A-Za-z])\)?[.:]?$/.exec(answer)?.[1];
  if (letter !== undefined && !texts.includes(answer)) return within(LETTERS.indexOf(letter.toUpperCase()), texts);
  if (letter !== undefined && letter === letter.toUpperCase()) return within(LETTERS.indexOf(letter), texts);
  const number = /^\d{1,2}$/.test(answer) ? Number(answer) - first : null;
  const text = typeof cell === 'string' ? indexOfText(answer, texts) : -1;
  if (number === null || text < 0) return within(number ?? text, texts);
  if (number === text || number < 0 || number >= texts.length) return text;
  return AMBIGUOUS;
}

function indexOfText(answer: string, texts: readonly string[]): number {
  const bare = answer.replace(OWN_LETTER, '');
  const wanted = texts.includes(answer) ? answer : bare;
  const at = texts.indexOf(wanted);
  return at === texts.lastIndexOf(wanted) ? at : -1;
}

function within(index: number, texts: readonly string[]): number | Malformed {
  return index >= 0 && index < texts.length ? index : { malformed: 'the answer is none of the choices' };
}

/**
 * Returns from where a column of numbers counts its choices: from 1 if one number equals the number of its choices and
 * none is 0, otherwise from 0.
 */
export function firstNumber(answers: readonly { answer: unknown; choices: number }[]): 0 | 1 {
  const numbers = answers.flatMap(({ answer, choices }) => {
    const text = textOfCell(answer);
    return typeof text === 'string' && /^\d{1,2}$/.test(text) ? [{ number: Number(text), choices }] : [];
  });
  const isFromOne = numbers.some(({ number, choices }) => number === choices);
  return isFromOne && numbers.every(({ number }) => number > 0) ? 1 : 0;
}
