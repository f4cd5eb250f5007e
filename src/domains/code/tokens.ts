/** The tokens of a program: its size, and its identity under other names and spaces. */

import { tokenizer, tokTypes } from 'acorn';

/**
 * Returns the tokens of a program. Names are replaced by numbers in order of appearance, except after a dot. Null if it
 * cannot be tokenized.
 */
export function tokensOf(program: string): string[] | null {
  const names = new Map<string, string>();
  const tokens: string[] = [];
  try {
    for (const { type, start, end } of tokenizer(program, { ecmaVersion: 2023 })) {
      const text = program.slice(start, end);
      const isName = type === tokTypes.name && tokens.at(-1) !== '.';
      if (isName && !names.has(text)) names.set(text, `$${names.size}`);
      tokens.push(isName ? (names.get(text) ?? text) : text);
    }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return null;
    throw error;
  }
  return tokens;
}

/** Returns a key that is equal for programs that differ in names, spaces and comments only. */
export function programKey(program: string): string {
  return tokensOf(program)?.join(' ') ?? program.replaceAll(/\s+/g, '');
}
