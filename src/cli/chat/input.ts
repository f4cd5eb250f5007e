/** What a line of a conversation asks for: a question, or a command with a slash. Pure. */

/** One line of the user. */
export type Input =
  | { kind: 'question'; text: string }
  | { kind: 'nothing' }
  /** Another model of the run: 0 is the base, null the best. */
  | { kind: 'iteration'; iteration: number | null }
  | { kind: 'role'; role: 'challenger' | 'solver' }
  | { kind: 'clear' }
  | { kind: 'history'; keep: boolean | null }
  /** `question` null: the last one. */
  | { kind: 'votes'; count: number; question: string | null }
  | { kind: 'help' }
  | { kind: 'quit' }
  | { kind: 'wrong'; message: string };

/** The commands with their arguments and what they do, in the order of `/help`. */
export const COMMANDS: readonly (readonly [command: string, what: string])[] = [
  ['/base', 'ask the base model of the run'],
  ['/iteration N', 'ask the model after iteration N; without N, the best one'],
  ['/solver', 'ask the Solver'],
  ['/challenger', 'let the Challenger pose questions: press Enter for each'],
  ['/votes N [question]', 'ask the question, or the last one, N times and count the answers'],
  ['/history', 'show the conversation; /history on and off: pass earlier turns or not'],
  ['/clear', 'forget the conversation'],
  ['/help', 'show this list'],
  ['/quit', 'leave, like Ctrl-D'],
];

const MOST_VOTES = 1000;

/** Reads a line. */
export function readInput(line: string): Input {
  const text = line.trim();
  if (text === '') return { kind: 'nothing' };
  const [, name, rest] = /^\/([a-z]+)(?:\s+([^]*))?$/.exec(text) ?? [];
  if (name === undefined) return { kind: 'question', text };
  const argument = rest?.trim() ?? '';
  switch (name) {
    case 'base':
      return { kind: 'iteration', iteration: 0 };
    case 'iteration':
      return numbered(argument);
    case 'challenger':
    case 'solver':
      return { kind: 'role', role: name };
    case 'history':
      return history(argument);
    case 'votes':
      return votes(argument);
    case 'clear':
    case 'help':
    case 'quit':
      return { kind: name };
    default:
      return { kind: 'wrong', message: `There is no command /${name}; /help lists all.` };
  }
}

function numbered(argument: string): Input {
  if (argument === '') return { kind: 'iteration', iteration: null };
  return /^\d{1,6}$/.test(argument)
    ? { kind: 'iteration', iteration: Number(argument) }
    : { kind: 'wrong', message: 'Give a number: /iteration 2.' };
}

function history(argument: string): Input {
  if (argument === '') return { kind: 'history', keep: null };
  return argument === 'on' || argument === 'off'
    ? { kind: 'history', keep: argument === 'on' }
    : { kind: 'wrong', message: 'Use /history, /history on or /history off.' };
}

function votes(argument: string): Input {
  const [, number, question] = /^(\d+)(?:\s+([^]+))?$/.exec(argument) ?? [];
  const count = Number(number);
  return number !== undefined && count >= 1 && count <= MOST_VOTES
    ? { kind: 'votes', count, question: question ?? null }
    : { kind: 'wrong', message: `Give a number from 1 to ${MOST_VOTES}: /votes 10.` };
}

/** Completes the beginning of a command, for the Tab key. */
export function completions(line: string): [hits: string[], line: string] {
  const names = COMMANDS.map(([command]) => command.split(' ')[0]);
  return [line.startsWith('/') ? names.filter((name) => name.startsWith(line)) : [], line];
}
