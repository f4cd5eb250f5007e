/**
 * Parses a question of the arithmetic grammar into its sum, in any wording of `wording.ts` and with any
 * numbers that a Challenger may use. A whitelist: every other text gives null. Safe on hostile input: the
 * length is checked before the lexer, the parser backtracks over one form at most, and nothing is evaluated.
 *
 *   question := ('Compute' sum '.') | ('What' 'is' sum '?') | owner | place
 *   sum      := product (('+' | '-') product)*        product := integer ('*' integer)*
 *   owner    := NAME 'has' quantity THINGS '.' event* 'How' 'many' THINGS 'does' NAME 'have' '?'
 *   event    := PRONOUN VERB quantity tail '.'        quantity := number [CONTAINER 'of' number]
 *   place    := 'There' 'are' quantity CROWD 'in' 'the' PLACE '.' (quantity ['more'] ('come' | 'leave') '.')*
 *               'How' 'many' CROWD 'are' 'in' 'the' PLACE '?'
 */

import { operationsOf, type Sum, type Term } from './expression.ts';
import { CONTAINERS, CROWDS, GAINS, LOSSES, PEOPLE, PLACES, THINGS } from './words.ts';

/** Limits of a question that is parsed. */
export const MAX_QUESTION_CHARACTERS = 1200;
export const MAX_DIGITS = 6;
export const MAX_OPERATIONS = 20;

export interface ParsedArithmetic {
  form: 'plain' | 'story';
  sum: Sum;
}

/** Parses the text of a question; null if the grammar does not accept it. */
export function parseArithmetic(text: string): ParsedArithmetic | null {
  if (text.length > MAX_QUESTION_CHARACTERS) return null;
  const tokens = lex(text);
  if (tokens === null) return null;
  const reader = new Reader(tokens);
  const form = reader.peek() === 'Compute' || reader.peek() === 'What' ? 'plain' : 'story';
  const sum = form === 'plain' ? plain(reader) : reader.peek() === 'There' ? place(reader) : owner(reader);
  if (sum === null || !reader.atEnd()) return null;
  const operations = operationsOf(sum);
  return operations >= 1 && operations <= MAX_OPERATIONS ? { form, sum } : null;
}

const NAMES: readonly string[] = PEOPLE.map((person) => person.name);
const LEXEME = /[A-Za-z]+|[0-9]+|[-+*.?]|\s+/y;

/** Splits into words, digit runs and marks without white space; null at any other character. */
function lex(text: string): string[] | null {
  const tokens: string[] = [];
  LEXEME.lastIndex = 0;
  while (LEXEME.lastIndex < text.length) {
    const match = LEXEME.exec(text);
    if (match === null) return null;
    if (match[0].trim() !== '') tokens.push(match[0]);
  }
  return tokens;
}

/** A position in the tokens. Each method consumes the item it names, or nothing. */
class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  take(...words: readonly string[]): boolean {
    const found = words.every((word, offset) => this.#tokens[this.#at + offset] === word);
    if (found) this.#at += words.length;
    return found;
  }

  oneOf(words: readonly string[]): string | null {
    const token = this.peek();
    if (token === undefined || !words.includes(token)) return null;
    this.#at++;
    return token;
  }

  number(): number | null {
    const token = this.peek();
    if (token === undefined || token.length > MAX_DIGITS || !/^[0-9]+$/.test(token)) return null;
    this.#at++;
    return Number(token);
  }
}

function plain(reader: Reader): Sum | null {
  const end = reader.take('Compute') ? '.' : reader.take('What', 'is') ? '?' : null;
  if (end === null) return null;
  const terms: Term[] = [];
  for (let sign: 1 | -1 | null = 1; sign !== null; sign = reader.take('+') ? 1 : reader.take('-') ? -1 : null) {
    const factors = product(reader);
    if (factors === null) return null;
    terms.push({ sign, factors });
  }
  return reader.take(end) ? terms : null;
}

function product(reader: Reader): number[] | null {
  const factors: number[] = [];
  do {
    const negative = reader.take('-');
    const magnitude = reader.number();
    if (magnitude === null) return null;
    factors.push(negative && magnitude !== 0 ? -magnitude : magnitude);
  } while (reader.take('*'));
  return factors;
}

/** Parses `12`, or `3 boxes of 4`. */
function quantity(reader: Reader, containers: readonly string[]): number[] | null {
  const count = reader.number();
  if (count === null) return null;
  if (reader.oneOf(containers) === null) return [count];
  if (!reader.take('of')) return null;
  const each = reader.number();
  return each === null ? null : [count, each];
}

function owner(reader: Reader): Sum | null {
  const name = reader.oneOf(NAMES);
  if (name === null || !reader.take('has')) return null;
  const start = quantity(reader, CONTAINERS);
  const things = reader.oneOf(THINGS);
  if (start === null || things === null || !reader.take('.')) return null;
  const terms: Term[] = [{ sign: 1, factors: start }];
  while (!reader.take('How', 'many', things, 'does', name, 'have', '?')) {
    const event = ownerEvent(reader, name);
    if (event === null) return null;
    terms.push(event);
  }
  return terms;
}

function ownerEvent(reader: Reader, name: string): Term | null {
  if (reader.oneOf(['She', 'He']) === null) return null;
  const verb = reader.oneOf(VERBS);
  const factors = quantity(reader, CONTAINERS);
  const action = ACTIONS.find((candidate) => candidate.verb === verb);
  if (action === undefined || factors === null) return null;
  if (action.tail === 'more') {
    reader.take('more');
  } else if (action.tail !== '' && reader.take(action.tail)) {
    const other = reader.oneOf(NAMES);
    if (other === null || other === name) return null;
  }
  return reader.take('.') ? { sign: action.sign, factors } : null;
}

const ACTIONS = [
  ...GAINS.map((action) => ({ ...action, sign: 1 as const })),
  ...LOSSES.map((action) => ({ ...action, sign: -1 as const })),
];
const VERBS: readonly string[] = ACTIONS.map((action) => action.verb);

function place(reader: Reader): Sum | null {
  if (!reader.take('There', 'are')) return null;
  const start = quantity(reader, ['groups']);
  const crowd = reader.oneOf(CROWDS);
  if (start === null || crowd === null || !reader.take('in', 'the')) return null;
  const where = reader.oneOf(PLACES);
  if (where === null || !reader.take('.')) return null;
  const terms: Term[] = [{ sign: 1, factors: start }];
  while (!reader.take('How', 'many', crowd, 'are', 'in', 'the', where, '?')) {
    const factors = quantity(reader, ['groups']);
    const sign = reader.take('more', 'come') || reader.take('come') ? 1 : reader.take('leave') ? -1 : null;
    if (factors === null || sign === null || !reader.take('.')) return null;
    terms.push({ sign, factors });
  }
  return terms;
}
