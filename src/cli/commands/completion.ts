/** `rzero completion SHELL`: prints a script that completes commands, options and values in a shell. */

import type { Command } from 'commander';
import { completionScript, type Shell } from '../completion/scripts.ts';
import { commandTree } from '../completion/tree.ts';
import type { Io } from '../io.ts';

/** Prints the script for `shell`, generated from the program's own commands. */
export function printCompletion(program: Command, shell: Shell, io: Io): number {
  io.out(completionScript(shell, commandTree(program)));
  return 0;
}
