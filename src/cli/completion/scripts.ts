/** Shell scripts that complete the commands, options and fixed values of the program. Pure. */

import type { CompletedCommand } from './tree.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Returns the script for a shell; the shell reads it at its start. Other words are completed as files. */
export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  return { bash, zsh, fish }[shell](commands);
}

function bash(commands: readonly CompletedCommand[]): string {
  const options = commands.map(({ name, options }) => `    ${name}) words="${flagsOf(options)}" ;;`);
  const values = commands.flatMap(({ name, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ flag, choices }) => `    ${name}:${flag}) words="${choices.join(' ')}" ;;`),
  );
  return `# bash completion of rzero. Load it with: source <(rzero completion bash)
_rzero() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} help" -- "$current"))
    return
  fi
  case "$command:$before" in
${values.join('\n')}
  esac
  if [ -z "$words" ] && [[ "$current" == -* ]]; then
    case "$command" in
${options.map((line) => `  ${line}`).join('\n')}
    esac
  fi
  if [ -n "$words" ]; then COMPREPLY=($(compgen -W "$words" -- "$current")); fi
}
complete -o default -F _rzero rzero
`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`);
  const cases = commands.map(({ name, options, takesArgument }) => {
    const specs = options.map(({ flag, description, takesValue, choices }) => {
      const value = choices.length > 0 ? `:value:(${choices.join(' ')})` : takesValue ? ':value:_files' : '';
      return quoted(`${flag}[${description.replaceAll(/[[\]]/g, '')}]${value.replaceAll('\n', ' ')}`);
    });
    const rest = takesArgument ? [quoted('*:file:_files')] : [];
    return `    ${name}) _arguments ${[...specs, ...rest].join(' ')} ;;`;
  });
  return `#compdef rzero
# zsh completion of rzero. Load it with: source <(rzero completion zsh)
_rzero() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${cases.join('\n')}
  esac
}
compdef _rzero rzero
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const top = commands.map(
    ({ name, description }) => `complete -c rzero -n __fish_use_subcommand -f -a ${name} -d ${quoted(description)}`,
  );
  const options = commands.flatMap(({ name, options }) =>
    options.map(({ flag, description, takesValue, choices }) => {
      const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : '';
      const where = `-n '__fish_seen_subcommand_from ${name}'`;
      return `complete -c rzero ${where} -l ${flag.slice(2)}${value} -d ${quoted(description)}`;
    }),
  );
  return `# fish completion of rzero. Load it with: rzero completion fish | source\n${[...top, ...options].join('\n')}\n`;
}

function flagsOf(options: CompletedCommand['options']): string {
  return options.map(({ flag }) => flag).join(' ');
}

/** Quotes a text for a POSIX shell, zsh or fish. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '').replaceAll("'", '’')}'`;
}
