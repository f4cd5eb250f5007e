/** The commands and options of the program, as shell completion needs them. */

import type { Command, Option } from 'commander';

export interface CompletedCommand {
  name: string;
  description: string;
  options: CompletedOption[];
  /** Whether it takes an argument without a dash. */
  takesArgument: boolean;
}

export interface CompletedOption {
  /** `--scale`. */
  flag: string;
  description: string;
  /** Whether a value follows. */
  takesValue: boolean;
  /** Its values, if there are only a few. */
  choices: readonly string[];
}

/** Reads the tree of a program. */
export function commandTree(program: Command): CompletedCommand[] {
  const shared = program.options.map(optionOf);
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...command.options.map(optionOf), ...shared.filter(({ flag }) => flag !== '--version'), HELP],
    takesArgument: command.registeredArguments.length > 0,
  }));
}

const HELP: CompletedOption = { flag: '--help', description: 'display help', takesValue: false, choices: [] };

function optionOf(option: Option): CompletedOption {
  return {
    flag: option.long ?? option.flags,
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}
