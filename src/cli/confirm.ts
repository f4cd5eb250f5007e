/** Asks before something is deleted. */

import { createInterface } from 'node:readline/promises';
import { ConfigError } from '../errors.ts';
import type { Io } from './io.ts';

/**
 * Returns whether the user agrees. `yes` agrees without asking.
 * @throws ConfigError if input or output is not a terminal
 */
export async function confirmed(io: Io, question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!io.terminal || !process.stdin.isTTY) {
    throw new ConfigError(`${question} There is no terminal to answer.`, 'Pass --yes to go on without the question.');
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: io.live });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
