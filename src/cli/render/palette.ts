/** Colours for the terminal, or none. A palette is a set of functions that wrap a text. */

import { styleText } from 'node:util';

export interface Palette {
  bold(text: string): string;
  dim(text: string): string;
  green(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** Returns every text unchanged. */
export const plainPalette: Palette = { bold: same, dim: same, green: same, red: same, yellow: same, cyan: same };

/** ANSI colours of the terminal's own theme. */
export const ansiPalette: Palette = {
  bold: styled('bold'),
  dim: styled('dim'),
  green: styled('green'),
  red: styled('red'),
  yellow: styled('yellow'),
  cyan: styled('cyan'),
};

/**
 * Returns whether to print colours. FORCE_COLOR decides if it is set (`0` is no), as in Node. Otherwise colours are
 * printed to a terminal if NO_COLOR is unset or empty and TERM is not `dumb`.
 */
export function wantsColour(isTTY: boolean, environment: Record<string, string | undefined>): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = environment;
  if (FORCE_COLOR) return FORCE_COLOR !== '0';
  return isTTY && !NO_COLOR && TERM !== 'dumb';
}

/** Returns whether to print control sequences: to a terminal, if NO_COLOR is unset or empty and TERM is not `dumb`. */
export function wantsLiveLine(isTTY: boolean, environment: Record<string, string | undefined>): boolean {
  const { NO_COLOR, TERM } = environment;
  return isTTY && !NO_COLOR && TERM !== 'dumb';
}

function same(text: string): string {
  return text;
}

/** Disables the stream check of `styleText`, which differs between Node versions; `wantsColour` has already decided. */
function styled(format: keyof Palette): (text: string) => string {
  return (text) => styleText(format, text, { validateStream: false });
}
