/**
 * Splits a text into plain parts and formulas, in time proportional to its length. Pure. The delimiters are those of LaTeX
 * and Markdown: `$…$` and `\(…\)` within a line, `$$…$$` and `\[…\]` on their own. What is no complete formula, and what
 * exceeds the limits, stays plain.
 */

export interface Segment {
  kind: 'text' | 'line' | 'display';
  /** The plain text, or the formula without its delimiters. */
  source: string;
  /** As written; equals `source` for plain text. */
  written: string;
}

/** Longest formula, in characters; formulas of a text; characters of all formulas of a text. */
export const FORMULA_LIMITS = { characters: 2000, formulas: 100, total: 20_000 };

/** Splits a text. The `written` parts together are the text. */
export function splitMath(text: string): Segment[] {
  const segments: Segment[] = [];
  const ends = new Ends(text);
  let from = 0;
  let total = 0;
  let formulas = 0;
  for (let at = nextOpener(text, 0); at >= 0 && formulas < FORMULA_LIMITS.formulas;) {
    const found = formulaAt(text, at, ends);
    if (found === null || total + found.source.length > FORMULA_LIMITS.total) {
      // Both characters of `$$`, `\$` and `\\`, so that the second one opens nothing.
      at = nextOpener(text, at + (/^(?:\$\$|\\[\\$])/.test(text.slice(at, at + 2)) ? 2 : 1));
      continue;
    }
    if (at > from) segments.push(plain(text.slice(from, at)));
    segments.push(found);
    total += found.source.length;
    formulas++;
    from = at + found.written.length;
    at = nextOpener(text, from);
  }
  if (from < text.length) segments.push(plain(text.slice(from)));
  return segments;
}

function plain(text: string): Segment {
  return { kind: 'text', source: text, written: text };
}

function nextOpener(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (text[at] === '$' || text[at] === '\\') return at;
  return -1;
}

function formulaAt(text: string, at: number, ends: Ends): Segment | null {
  const opener = text.slice(at, at + 2);
  if (opener === '\\(') return delimited(text, at, ends.after('\\)', at + 2), 'line');
  if (opener === '\\[') return delimited(text, at, ends.after('\\]', at + 2), 'display');
  if (opener === '$$') return delimited(text, at, ends.after('$$', at + 2), 'display');
  return text[at] === '$' ? betweenDollars(text, at) : null;
}

/** A formula between delimiters of two characters each. `end`: where the second one starts; -1 for none. */
function delimited(text: string, at: number, end: number, kind: 'line' | 'display'): Segment | null {
  const source = end < 0 || end - at > FORMULA_LIMITS.characters ? '' : text.slice(at + 2, end);
  return source.trim() === '' ? null : { kind, source, written: text.slice(at, end + 2) };
}

/**
 * `$…$` on one line. A dollar sign before a space or after a letter opens nothing, and one after a space or before a digit
 * ends nothing: it is money.
 */
function betweenDollars(text: string, at: number): Segment | null {
  if (/[\w$]/.test(text[at - 1] ?? '') || /\s/.test(text[at + 1] ?? ' ')) return null;
  const last = Math.min(text.length, at + FORMULA_LIMITS.characters);
  for (let end = at + 1; end < last && text[end] !== '\n'; end++) {
    if (text[end] === '\\') end++;
    else if (text[end] === '$') {
      const isEnd = end > at + 1 && !/\s/.test(text[end - 1]) && !/[\d$]/.test(text[end + 1] ?? '');
      return isEnd ? { kind: 'line', source: text.slice(at + 1, end), written: text.slice(at, end + 1) } : null;
    }
  }
  return null;
}

/** Finds delimiters; every part of the text is searched once per delimiter. */
class Ends {
  private readonly text: string;
  private readonly found = new Map<string, number>();

  constructor(text: string) {
    this.text = text;
  }

  /** Returns the first place of a delimiter at or after `from`, which never falls; -1 for none. */
  after(delimiter: string, from: number): number {
    const known = this.found.get(delimiter);
    if (known !== undefined && (known < 0 || known >= from)) return known;
    const place = this.text.indexOf(delimiter, from);
    this.found.set(delimiter, place);
    return place;
  }
}
