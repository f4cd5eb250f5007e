/** Characters that act instead of showing: they are shown by name. Pure. */

import { makeVisible } from '../../../src/text/visible.ts';

/** A part of a text; `isName`: the name of a character in it. */
export interface Piece {
  text: string;
  isName: boolean;
}

/** Replaces control, direction and invisible characters by their names, such as `U+202E`. */
export function nameActing(text: string): string {
  return makeVisible(text, nameOf);
}

/** Splits a text at its control, direction and invisible characters, which become names. */
export function piecesOf(text: string): Piece[] {
  // Such a character cannot be in the text itself after it was made visible.
  const marked = makeVisible(text.replaceAll('\r\n', '\n'), (code) => `${MARK}${nameOf(code)}${MARK}`);
  return marked.split(MARK).flatMap((part, at) => (part === '' ? [] : [{ text: part, isName: at % 2 === 1 }]));
}

/** A character that `makeVisible` replaces. */
const MARK = '\u0000';

function nameOf(code: number): string {
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
