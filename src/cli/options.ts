/** Parsers of option values. An invalid value is a usage error (exit code 2). */

import { InvalidArgumentError } from 'commander';

/** Options that most commands share. */
export interface CommonFlags {
  json?: boolean;
  runsDir?: string;
}

/** Parser of a whole number of at least `low`. */
export function integer(low: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < low) {
      throw new InvalidArgumentError(`Pass a whole number of at least ${low}.`);
    }
    return value;
  };
}

/** Parser of an amount of money, 0 or more. */
export function amount(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('Pass a number of at least 0.');
  }
  return value;
}

/** Parser of an option with one value, where a second one would replace the first unseen. `instead` says what to do. */
export function once(instead: string): (text: string, earlier?: string) => string {
  return (text, earlier) => {
    if (earlier !== undefined) throw new InvalidArgumentError(`${earlier} was given before. ${instead}`);
    return text;
  };
}

/** Collects a repeatable option: `--set a=1 --set b=2`. */
export function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}
