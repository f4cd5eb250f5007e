/** Colours for the terminal, or none. A palette is a set of functions that wrap a text. */

export interface Palette {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** Leaves every text as it is. */
export const plainPalette: Palette = { bold: same, dim: same, green: same, red: same, yellow: same, cyan: same };

/** ANSI colours of the terminal's own theme. */
export const ansiPalette: Palette = {
  bold: (text) => `\u001b[1m${text}\u001b[22m`,
  dim: (text) => `\u001b[2m${text}\u001b[22m`,
  green: (text) => `\u001b[32m${text}\u001b[39m`,
  red: (text) => `\u001b[31m${text}\u001b[39m`,
  yellow: (text) => `\u001b[33m${text}\u001b[39m`,
  cyan: (text) => `\u001b[36m${text}\u001b[39m`,
};

/** Colours only where a person reads: a terminal, NO_COLOR unset or empty, TERM not `dumb`. */
export function wantsColour(isTTY: boolean, environment: Record<string, string | undefined>): boolean {
  return isTTY && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

function same(text: string): string {
  return text;
}
