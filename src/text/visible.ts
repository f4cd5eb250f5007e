/**
 * Characters that act instead of showing (control, direction, invisible, lone surrogates) written out, so that
 * a stranger's text can be quoted in an error or on a page and reads as what it is.
 */

/** Tab and line feed are left alone: whoever wants one line collapses white space first. */
const ACTING =
  /(?![\t\n])\p{Cc}|[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** Every acting character as what `write` makes of its code point; by default its escape, such as `\u{202e}`. */
export function makeVisible(text: string, write: (codePoint: number) => string = escapeOf): string {
  return text.replace(ACTING, (character) => write(character.codePointAt(0) ?? 0));
}

/** Text of unknown origin and length as one harmless line of at most `limit` characters, `…` where it was cut. */
export function quoteLine(text: string, limit: number): string {
  // Cut first: the text may be of any length. Twice the limit leaves room for white space that collapses.
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
