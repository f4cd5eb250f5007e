/**
 * Escapes characters that have an effect but no glyph (control, direction, invisible, lone surrogates).
 * Untrusted text can then be quoted in an error or on a page without changing how the rest is displayed. HTML
 * markup is not escaped here.
 */

/** Excludes tab and line feed; a caller that needs one line collapses white space first. */
const ACTING =
  /(?![\t\n])\p{Cc}|[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** Replaces every such character with `write(codePoint)`; by default its escape, such as `\u{202e}`. */
export function makeVisible(text: string, write: (codePoint: number) => string = escapeOf): string {
  return text.replace(ACTING, (character) => write(character.codePointAt(0) ?? 0));
}

/**
 * Quotes text of unknown origin and length as one safe line of at most `limit` characters, with `…` where it
 * was cut.
 */
export function quoteLine(text: string, limit: number): string {
  // Cuts first, because the text may be of any length. Twice the limit leaves room for white space that
  // collapses.
  const line = makeVisible(
    text
      .slice(0, limit * 2)
      .replace(/\s+/g, ' ')
      .trim(),
  );
  const characters = [...line];
  if (characters.length <= limit && text.length <= limit * 2) return line;
  return `${characters.slice(0, limit - 1).join('')}…`;
}

function escapeOf(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`;
}
