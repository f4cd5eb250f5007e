/**
 * Rewrites an answer to one canonical spelling, so that equivalent notations become the same text.
 *
 * Textual only: it never changes a value and computes nothing. The input is within `limits.ts`, so a few
 * passes are cheap. `equal.ts` compares the results.
 */
import { foldBases } from './bases.ts';
import { foldFractions } from './fractions.ts';
import { stripAnnouncement, stripMarkup } from './markup.ts';
import { foldCharacters, foldCommands } from './symbols.ts';
import { spellUnits } from '../measures/units.ts';
import { foldCase } from './letter-case.ts';
import { foldWords } from './words.ts';

const WRAPPER =
  /\\(?:text|textbf|textit|textrm|textnormal|mathrm|mathbf|mathit|mathsf|operatorname|mbox|hbox|bm|boldsymbol|boxed|fbox|framebox|ensuremath)(?![A-Za-z]) ?\{/;
/** The raised ending of an ordinal: `5^{\text{th}}`. */
const ORDINAL = /(?<=\d) ?\^ ?\{? ?(st|nd|rd|th) ?\}?(?![A-Za-z])/g;
/** Ends a row of a matrix. `\\` itself would be read as the start of a command. */
export const ROW_END = '\\cr';

/**
 * Returns the canonical spelling of an answer: without `$`, `\left`, `\text{}`, layout spaces, thousands
 * separators, leading plus, trailing period or outer brackets, and with one spelling of fractions, minus
 * signs and units. Empty if nothing is left.
 */
export function normalizeAnswer(text: string): string {
  if (/^-?\d+$/.test(text)) return text;
  let s = foldMoney(stripAnnouncement(stripMarkup(foldCharacters(text).trim())));
  if (s.includes('\\\\')) s = foldRowEnds(s);
  s = foldFractions(foldCommands(s));
  s = unwrap(s).replace(/\s+/g, ' ').trim();
  s = s.replace(/(?<![.…])[.,;]$|\\$/, '').trim();
  s = foldBases(foldWords(s)).replace(ORDINAL, '$1');
  s = joinThousands(s);
  s = tightenSpaces(s);
  s = s.replace(/([\^_])\{(\w)\}(?!\d)/g, '$1$2').replace(/^([A-J])\)$/, '$1');
  s = stripOuter(s).replace(/^\+(?=[\d.\\(])/, '');
  return foldCase(s);
}

/** A command whose backslash was escaped once too often, as in JSON. */
const ESCAPED =
  /\\\\(?=(?:[dt]?frac|d?binom|sqrt|left|right|text|pi|cdot|times|infty|leq?|geq?|boxed|in|pm|cup|cap)(?![A-Za-z]))/g;

/** Marks the rows of a matrix; outside a matrix, `\\frac` is an escaped command. */
function foldRowEnds(text: string): string {
  const s = text.includes('\\begin') ? text : text.replace(ESCAPED, '\\').replace(/(?:\\\\\s{0,8}){1,8}$/, '');
  return s.replace(/\\\\(?:\[[^\]]{0,8}\])?/g, `${ROW_END} `);
}

/** Replaces `\text{…}` and similar commands by their content, surrounded by spaces. */
function unwrap(text: string): string {
  let s = text;
  for (;;) {
    const found = WRAPPER.exec(s);
    if (found === null) return s;
    const start = found.index + found[0].length;
    const end = closingBrace(s, start);
    if (end === null) return s;
    const content = s.slice(start, end);
    const before = s.slice(0, found.index);
    // Units are spelled out, because a single letter after a number would be a variable.
    const unit = before.trim() === '' ? null : spellUnits(content.trim());
    s = `${before} ${unit ?? content} ${s.slice(end + 1)}`;
  }
}

/** Returns the index of the `}` that closes the brace opened just before `start`, or null. */
function closingBrace(text: string, start: number): number | null {
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return null;
}

const MONEY = /^(-?) ?\\?\$ ?(-?\d[\d.,!{}\\ ]*?(?: ?(?:hundred|thousand|million|billion))?)[.,]?$/;

/** Words for the signs of other currencies. */
const CURRENCIES: Record<string, string> = { '€': 'euro', '£': 'pound-sterling', '¥': 'yen' };

/** Marks amounts of money: `\$5` and `$5` are 5 dollars; `$5$` is 5; €5 is 5 euro. */
function foldMoney(text: string): string {
  const other = /^(-?) ?([€£¥]) ?(-?\d[\d.,]*)[.,]?$/.exec(text);
  if (other !== null) return `${other[1]}${other[3]} ${CURRENCIES[other[2]]}`;
  if (!text.includes('$')) return text;
  const inside = /^\$([^$].*)\$$/s.exec(text.replaceAll('\\$', '\\@'))?.[1].replaceAll('\\@', '\\$') ?? text;
  return inside.replace(MONEY, '$1$2 dollar');
}

/**
 * Joins thousands: 1,234,567 and 1 234 567 become 1234567. A group never follows a leading zero: 0,075 has a
 * decimal comma. Inside brackets a comma always separates.
 */
function joinThousands(text: string): string {
  if (/^-?[1-9]\d{0,2}(?: \d{3})+$/.test(text)) return text.replaceAll(' ', '');
  if (!text.includes(',') || /[([{]/.test(text)) return text;
  const joined = text.replace(/(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?!\d|,\d)/g, (number) => number.replaceAll(',', ''));
  return joined.indexOf(',') === joined.lastIndexOf(',') ? joined.replace(DECIMAL_COMMA, '$1.$2') : joined;
}

/** The only comma of a text, before a 0 and another digit: no list has an item such as 05. */
const DECIMAL_COMMA = /(?<![\d.])(\d+),(0\d+)(?![\d.])/;

/** Removes spaces, except where two words or numbers would run together. */
function tightenSpaces(text: string): string {
  if (!text.includes(' ')) return text;
  return text
    .replace(/(\\[A-Za-z]+) (?=[^A-Za-z])/g, '$1')
    .replace(/ (?![\p{L}\p{N}])|(?<![\p{L}\p{N}}])(?<!\d\.(?= \d)) /gu, '')
    .replace(/\} (?!\d|[A-Za-z][a-z]{2})/g, '}')
    .replace(/(?<![A-Za-z])([A-Za-z]) (?=[A-Za-z](?![A-Za-z]))/g, '$1');
}

/** Removes brackets around the whole text if they contain a single item: `{5}`, `(5)`, `(A)`. */
function stripOuter(text: string): string {
  let s = text;
  while (s.length > 2 && (s[0] === '{' || s[0] === '(')) {
    if (!wrapsAll(s) || [',', ';'].some((mark) => topLevelSplit(s.slice(1, -1), mark).length > 1)) return s;
    s = s.slice(1, -1).trim();
  }
  return s;
}

/** Returns whether the first bracket is closed by the last character, with the same kind of bracket. */
function wrapsAll(text: string): boolean {
  const close = text[0] === '{' ? '}' : ')';
  if (!text.endsWith(close) || text.endsWith(`\\${close}`)) return false;
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if ('([{'.includes(text[at])) depth++;
    else if (')]}'.includes(text[at]) && --depth === 0) return at === text.length - 1;
  }
  return false;
}

/** Splits at `separator` outside all brackets. A command separates only as a whole word. */
export function topLevelSplit(text: string, separator: string): string[] {
  if (!text.includes(separator)) return [text];
  const isWord = /[A-Za-z]$/.test(separator);
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if ('([{'.includes(text[at])) depth++;
    else if (')]}'.includes(text[at])) depth--;
    else if (depth === 0 && text.startsWith(separator, at)) {
      const end = at + separator.length;
      if (isWord && /[A-Za-z]/.test(text[end] ?? '')) continue;
      parts.push(text.slice(start, at));
      start = end;
      at = end - 1;
    }
  }
  return [...parts, text.slice(start)];
}
