/**
 * Reads what the roles write. The Challenger names a task and gives a program and inputs in fenced blocks; the Solver
 * puts its answer into the last fenced block. Nothing is run here: `executor.ts` computes the outputs.
 */

import type { InvalidReason } from '../../types.ts';
import { fencedBlocks } from './blocks.ts';
import { canonicalArguments } from './literal.ts';
import { LIMITS } from './sandbox/verdict.ts';
import { TASKS, type TaskName } from './sheet.ts';

/** Number of inputs of a `find-program` question: half of them, rounded up, are shown. */
export const LEAST_INPUTS = 4;
const MOST_INPUTS = 10;
const MOST_MESSAGE = 300;
/** Longest text in which a task is looked for, in characters. */
const TASK_WITHIN = 2000;

/** A question before its outputs are computed. */
export interface Draft {
  task: TaskName;
  program: string;
  /** Argument lists in canonical form; one, unless the task is `find-program`. */
  inputs: readonly string[];
  /** One line; empty unless the task is `find-program`. */
  message: string;
}

/** Reads a Challenger's completion; returns the reason if it poses no question. */
export function readPosed(completion: string): Draft | InvalidReason {
  const task = taskOf(completion);
  const blocks = fencedBlocks(completion);
  const contentOf = (...tags: string[]): string | undefined => blocks.find(({ tag }) => tags.includes(tag))?.content;
  const program = contentOf('js', 'javascript');
  const given = contentOf('input', 'inputs');
  if (task === null || program === undefined || given === undefined) {
    return hasOpenFence(completion) ? 'truncated' : 'no-question';
  }
  const lines = given.split('\n').map(canonicalArguments);
  const inputs = lines.filter((input) => input !== null).filter(({ length }) => length <= LIMITS.data);
  if (inputs.length < lines.length || !fits(task, inputs, program)) return 'ill-formed';
  const said = task === 'find-program' ? (contentOf('message') ?? '') : '';
  const message = said.replaceAll(/\s+/g, ' ').trim().slice(0, MOST_MESSAGE);
  return { task, program, inputs, message };
}

/** Returns the answer of a Solver's completion: the content of its last fenced block; null without one. */
export function readAnswer(completion: string): string | null {
  return fencedBlocks(completion).at(-1)?.content || null;
}

function fits(task: TaskName, inputs: readonly unknown[], program: string): boolean {
  if (program === '' || program.length > LIMITS.program || program.includes('<|')) return false;
  if (task !== 'find-program') return inputs.length === 1;
  return inputs.length >= LEAST_INPUTS && inputs.length <= MOST_INPUTS && new Set(inputs).size === inputs.length;
}

/** Returns the first task that a line of the completion names. */
function taskOf(completion: string): TaskName | null {
  const [, name] = /^\s*task:\s*([a-z-]+)\s*$/im.exec(completion.slice(0, TASK_WITHIN)) ?? [];
  return TASKS.find((task) => task === name?.toLowerCase()) ?? null;
}

function hasOpenFence(completion: string): boolean {
  return completion.split('\n').filter((line) => line.trimStart().startsWith('```')).length % 2 === 1;
}
