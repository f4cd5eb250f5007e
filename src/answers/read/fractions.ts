/**
 * Gives fractions one spelling, `\frac{a}{b}`: adds the braces that LaTeX lets authors omit (`\frac79`, `\frac\pi5`)
 * and rewrites `{a \over b}` and `{a \choose b}`. Textual only; used by `normalize.ts`.
 */

/** An argument of a command: a group, another command, or one character. */
const ARGUMENT = / ?(?:\\[A-Za-z]+|[A-Za-z\d])/y;
const MAX_FRACTIONS = 64;

/** Rewrites all fractions of `text`. Unbalanced ones stay as they are. */
export function foldFractions(text: string): string {
  if (!text.includes('\\')) return text;
  return braceArguments(foldOver(text));
}

function braceArguments(text: string): string {
  if (!/\\(?:frac|binom)(?![A-Za-z])(?! ?\{)|\\(?:frac|binom) ?\{[^{}]*\}(?! ?\{)/.test(text)) return text;
  let s = text;
  let from = 0;
  for (let count = 0; count < MAX_FRACTIONS; count++) {
    const found = /\\(?:frac|binom)(?![A-Za-z])/g;
    found.lastIndex = from;
    const command = found.exec(s);
    if (command === null) return s;
    const start = command.index + command[0].length;
    const top = argumentAt(s, start);
    const bottom = top === null ? null : argumentAt(s, top.end);
    from = start;
    // `\frac\sqrt2 3` needs more than one token; the parser reads it.
    if (top === null || bottom === null || takesArgument(top.text) || takesArgument(bottom.text)) continue;
    s = `${s.slice(0, start)}{${top.text}}{${bottom.text}}${s.slice(bottom.end)}`;
  }
  return s;
}

interface Argument {
  text: string;
  end: number;
}

function argumentAt(text: string, at: number): Argument | null {
  const start = text[at] === ' ' ? at + 1 : at;
  if (text[start] === '{') {
    const end = closing(text, start);
    return end === null ? null : { text: text.slice(start + 1, end), end: end + 1 };
  }
  ARGUMENT.lastIndex = at;
  const found = ARGUMENT.exec(text);
  return found === null ? null : { text: found[0].trim(), end: at + found[0].length };
}

function takesArgument(token: string): boolean {
  return /^\\(?:sqrt|frac|binom|text|mathrm|overline|bar|vec|hat)$/.test(token);
}

/** Returns the index of the brace that closes the one at `start`, or null. */
function closing(text: string, start: number): number | null {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return null;
}

const INFIX = /\\(over|choose)(?![A-Za-z])/;

/** `{a \over b}` becomes `\frac{a}{b}`, `{a \choose b}` a binomial; without braces, it is the whole text. */
function foldOver(text: string): string {
  let s = text;
  for (let count = 0; count < MAX_FRACTIONS; count++) {
    const found = INFIX.exec(s);
    if (found === null) return s;
    const open = openBefore(s, found.index);
    const close = open === null ? s.length : closing(s, open);
    if (close === null) return s;
    const top = s.slice(open === null ? 0 : open + 1, found.index).trim();
    const bottom = s.slice(found.index + found[0].length, close).trim();
    if (top === '' || bottom === '' || (open === null && /[=<>,;]/.test(top + bottom))) return s;
    const command = found[1] === 'over' ? '\\frac' : '\\binom';
    s = `${s.slice(0, open ?? 0)}${command}{${top}}{${bottom}}${s.slice(close + 1)}`;
  }
  return s;
}

/** Returns the index of the innermost `{` that is open at `end`, or null. */
function openBefore(text: string, end: number): number | null {
  let depth = 0;
  for (let at = end - 1; at >= 0; at--) {
    if (text[at - 1] === '\\') continue;
    if (text[at] === '}') depth++;
    else if (text[at] === '{' && depth-- === 0) return at;
  }
  return null;
}
