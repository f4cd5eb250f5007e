/**
 * A question of this domain as text: its task, the pairs of input and output, and the program. The outputs are computed
 * before the question is used, so the text holds its own answer. `prompts.ts` shows the Solver only what it may see.
 *
 * ```
 * find-program
 * message: adds its arguments
 * in: 1, 2
 * out: 3
 * hidden in: 4, 5
 * hidden out: 9
 * program:
 * function f(a, b) { return a + b; }
 * ```
 *
 * Data is in canonical form (`literal.ts`), which never breaks a line, and the program comes last, so that no program
 * can be read as another part.
 */

import { canonicalArguments, canonicalData } from './literal.ts';
import { LIMITS } from './sandbox/verdict.ts';

/** The three tasks of Absolute Zero (arXiv 2505.03335): deduction, abduction and induction. */
export const TASKS = ['predict-output', 'find-input', 'find-program'] as const;
export type TaskName = (typeof TASKS)[number];

/** An argument list and the value that the program's function returns for it, both in canonical form. */
export interface Pair {
  input: string;
  output: string;
}

/** What a question consists of. */
export interface Sheet {
  task: TaskName;
  program: string;
  /** The pairs that the Solver sees (`find-program`), or the one pair of the other tasks. */
  shown: readonly Pair[];
  /** Pairs that an answer to `find-program` must reproduce too; empty for the other tasks. */
  hidden: readonly Pair[];
  /** What the program does, in words; only for `find-program`. */
  message: string;
}

const PROGRAM = 'program:';

/** Writes a question. `readSheet` reads it back. */
export function writeSheet({ task, program, shown, hidden, message }: Sheet): string {
  const pairs = (prefix: string, list: readonly Pair[]): string[] =>
    list.flatMap(({ input, output }) => [`${prefix}in: ${input}`, `${prefix}out: ${output}`]);
  return [
    task,
    ...(message === '' ? [] : [`message: ${message}`]),
    ...pairs('', shown),
    ...pairs('hidden ', hidden),
    PROGRAM,
    program,
  ].join('\n');
}

/** Reads a question; null if the text is none. */
export function readSheet(text: string): Sheet | null {
  const end = text.indexOf(`\n${PROGRAM}\n`);
  if (end < 0) return null;
  const [first, ...lines] = text.slice(0, end).split('\n');
  const program = text.slice(end + PROGRAM.length + 2);
  const task = TASKS.find((name) => name === first);
  const message = lines[0]?.startsWith('message: ') ? (lines.shift() ?? '').slice('message: '.length) : '';
  const shown = takePairs(lines, '');
  const hidden = takePairs(lines, 'hidden ');
  if (task === undefined || shown === null || hidden === null || lines.length > 0) return null;
  if (program === '' || program.length > LIMITS.program || shown.length === 0) return null;
  if (task === 'find-program' ? hidden.length === 0 : shown.length > 1 || hidden.length > 0) return null;
  return { task, program, shown, hidden, message };
}

/** Returns the outcome of a right answer to a question; null if the text is no question. Reads the text only. */
export function expectedOutcome(question: string): string | null {
  const sheet = readSheet(question);
  if (sheet === null) return null;
  if (sheet.task !== 'find-program') return sheet.shown[0].output;
  return listed([...sheet.shown, ...sheet.hidden].map(({ output }) => output));
}

/** Writes values as one list, in the order of their inputs. */
export function listed(values: readonly string[]): string {
  return `[${values.join(', ')}]`;
}

/** Takes the pairs with a prefix from the beginning of `lines`; null if a line is damaged. */
function takePairs(lines: string[], prefix: string): Pair[] | null {
  const pairs: Pair[] = [];
  while (lines[0]?.startsWith(`${prefix}in: `)) {
    const [input, output] = lines.splice(0, 2);
    const pair = { input: input.slice(prefix.length + 4), output: output?.slice(prefix.length + 5) ?? '' };
    if (!output?.startsWith(`${prefix}out: `)) return null;
    if (canonicalArguments(pair.input) !== pair.input || canonicalData(pair.output) !== pair.output) return null;
    pairs.push(pair);
  }
  return pairs;
}
