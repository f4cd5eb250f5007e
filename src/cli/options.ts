/** Reading of flag values. A wrong one is a usage error (exit code 2). */

import { InvalidArgumentError } from 'commander';

/** Flags that every command knows. */
export interface CommonFlags {
  json?: boolean;
  runsDir?: string;
}

/** A whole number of at least `low`. */
export function integer(low: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < low) {
      throw new InvalidArgumentError(`Give a whole number of at least ${low}.`);
    }
    return value;
  };
}

/** A repeatable flag: `--set a=1 --set b=2`. */
export function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}
