/** Runs the commands that an advice names, exactly as it prints them. */

import { execFileSync } from 'node:child_process';
import { RzeroError } from '../../src/errors.ts';
import { type Ended, type ProgramOptions, rzero } from '../fixtures/program.ts';

/** Returns the arguments of the first `rzero …` command in a text, as a shell splits them. */
export function commandIn(text: string): string[] {
  const command = /`(?:npx )?rzero ([^`]+)`/.exec(text)?.[1];
  if (command === undefined) throw new Error(`no command in: ${text}`);
  return wordsOf(command);
}

/** Returns the values of all `--set` flags in a text. */
export function settingsIn(text: string): string[] {
  const flags = [...text.matchAll(/--set (?:'[^']*'|\S+?(?=[;,.]?(?:\s|$|`)))/g)].map(([flag]) => flag);
  return flags.flatMap((flag) => wordsOf(flag)).filter((word) => word !== '--set');
}

/** Runs the first command of a text; `more` are arguments that a user adds to it. Throws if it fails. */
export async function carryOut(
  text: string,
  options: ProgramOptions = {},
  more: readonly string[] = [],
): Promise<Ended> {
  const words = commandIn(text);
  const ended = await rzero([...words, ...more], options);
  if (ended.code !== 0) throw new Error(`rzero ${words.join(' ')} failed: ${ended.err}`);
  return ended;
}

function wordsOf(command: string): string[] {
  const printed = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' });
  return printed.split('\n').slice(0, -1);
}

/** Runs the program and throws the error that it prints. */
export async function printedBy(parameters: readonly string[], options: ProgramOptions = {}): Promise<never> {
  const { code, err } = await rzero(parameters, options);
  const lines = err.trimEnd().split('\n');
  const from = lines.findIndex((line) => line.startsWith('error '));
  if (code === 0 || from < 0) throw new Error(`The program printed no error: ${err}`);
  throw new RzeroError('printed', lines.slice(from, -1).join('\n').replace('error ', ''), lines.at(-1) ?? '');
}
