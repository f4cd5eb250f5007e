/**
 * The held-out test: fixed questions of all three tasks on template programs of 1 to 4 steps. A posed question counts as
 * held out if its program is one of the test, in whatever names and spaces, and whatever it asks about it.
 */

import { deriveSeed, Random } from '../../random.ts';
import type { HeldOutQuestion } from '../domain.ts';
import { canonicalArguments, canonicalData } from './literal.ts';
import { expectedOutcome, type Pair, readSheet, type Sheet, TASKS, writeSheet } from './sheet.ts';
import { drawProgram, type TemplateProgram } from './templates.ts';
import { programKey } from './tokens.ts';

/** Number of test questions. */
export const HELD_OUT = 600;
const STEPS = 4;
/** Inputs of a `find-program` question, shown and hidden ones together. */
const INPUTS = 6;
const SHOWN = 3;
/** Results that say little about the program. */
const EMPTY = new Set(['[]', '""']);

interface HeldOut {
  questions: readonly HeldOutQuestion[];
  keys: ReadonlySet<string>;
}

let made: HeldOut | null = null;

/** Returns the first `count` questions of the test, or all. The same for every run. */
export function heldOut(count: number): readonly HeldOutQuestion[] {
  return all().questions.slice(0, count);
}

/** Returns whether the test has a question about this question's program. */
export function isHeldOut(question: string): boolean {
  const sheet = readSheet(question);
  return sheet !== null && isHeldOutProgram(sheet.program);
}

export function isHeldOutProgram(program: string): boolean {
  return all().keys.has(programKey(program));
}

/** Draws question number `at` of a test, whose position gives its task and steps; null if the draw says too little. */
export function drawQuestion(random: Random, at: number): Sheet | null {
  const task = TASKS[at % TASKS.length];
  const drawn = drawProgram(random, 1 + (Math.floor(at / TASKS.length) % STEPS));
  const { program } = drawn;
  const inputs = drawInputs(random, drawn, task === 'find-program' ? INPUTS : 1);
  const pairs = inputs.map((input) => pairOf(drawn, input));
  const outputs = new Set(pairs.map(({ output }) => output));
  if (pairs.some(({ output }) => EMPTY.has(output))) return null;
  if (task !== 'find-program') return { task, program, shown: pairs, hidden: [], message: '' };
  if (outputs.size < SHOWN) return null;
  return { task, program, shown: pairs.slice(0, SHOWN), hidden: pairs.slice(SHOWN), message: drawn.message };
}

/** Returns a question with the outcome of its right answers. */
export function withAnswer(sheet: Sheet): { text: string; answer: string } {
  const text = writeSheet(sheet);
  return { text, answer: expectedOutcome(text) ?? '' };
}

function drawInputs(random: Random, { drawInput }: TemplateProgram, count: number): string[] {
  const inputs = new Set<string>();
  while (inputs.size < count) inputs.add(drawInput(random));
  return [...inputs];
}

function pairOf({ run }: TemplateProgram, input: string): Pair {
  return { input: canonicalArguments(input) ?? '', output: canonicalData(run(input)) ?? '' };
}

function all(): HeldOut {
  made ??= make();
  return made;
}

function make(): HeldOut {
  const random = new Random(deriveSeed('code', 'held-out'));
  const questions: HeldOutQuestion[] = [];
  const keys = new Set<string>();
  while (questions.length < HELD_OUT) {
    const sheet = drawQuestion(random, questions.length);
    if (sheet === null || keys.has(programKey(sheet.program))) continue;
    keys.add(programKey(sheet.program));
    questions.push({ id: `code-${questions.length + 1}`, ...withAnswer(sheet) });
  }
  return { questions, keys };
}
