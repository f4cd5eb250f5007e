/** The prompts of both roles, in this project's own words, after the tasks of Absolute Zero (arXiv 2505.03335). */

import type { ChatMessage } from '../../types.ts';
import { Random } from '../../random.ts';
import { isHeldOutProgram } from './held-out.ts';
import { LEAST_INPUTS } from './read.ts';
import { type Pair, readSheet, type Sheet, TASKS, type TaskName } from './sheet.ts';
import { drawProgram } from './templates.ts';

const RULES = `Write the program in JavaScript. It defines a function named f. It takes and returns plain data only: numbers, strings, booleans, null, undefined, lists and objects of these. It must give the same result whenever it runs: no random numbers, no dates, no input or output, no imports. It runs for less than a second.`;

const SYSTEM: Record<'challenger' | 'solver', string> = {
  challenger: `You make exercises about small programs. A student gets each exercise, and a computer runs the programs to check the answers. A good exercise is one that the student gets right sometimes, but not always.\n${RULES}`,
  solver:
    'You solve exercises about small JavaScript programs. Think step by step. Then end with one fenced block that holds your answer and nothing else. A computer checks it.',
};

const POSE: Record<TaskName, string> = {
  'predict-output': `Make an exercise in which the student sees a program and one input, and says what f returns. Answer in this form:

task: predict-output
\`\`\`js
{the program}
\`\`\`
\`\`\`input
{the arguments of f, separated by commas}
\`\`\``,
  'find-input': `Make an exercise in which the student sees a program and a result, and finds arguments for which f returns it. Answer in this form, with arguments that give the result:

task: find-input
\`\`\`js
{the program}
\`\`\`
\`\`\`input
{the arguments of f, separated by commas}
\`\`\``,
  'find-program': `Make an exercise in which the student sees some inputs with their results and a hint, and writes a program that gives them. Choose at least ${LEAST_INPUTS} different inputs that together show what the program does. Some are kept back to check the answer. Answer in this form:

task: find-program
\`\`\`js
{the program}
\`\`\`
\`\`\`inputs
{one line per input: the arguments of f, separated by commas}
\`\`\`
\`\`\`message
{a hint in one sentence that does not give the program away}
\`\`\``,
};

/** Programs that a Challenger's prompt shows. */
const EXAMPLES = 2;

/** Returns the Challenger's prompt: the task and the example programs are drawn by the seed. */
export function challengerMessages(seed: number): ChatMessage[] {
  const random = new Random(seed);
  const task = TASKS[random.integer(0, TASKS.length - 1)];
  const examples = Array.from({ length: EXAMPLES }, () => fenced('js', drawExample(random)));
  const content = `${POSE[task]}\n\nPrograms of earlier exercises; write a different one:\n${examples.join('\n')}`;
  return [
    { role: 'system', content: SYSTEM.challenger },
    { role: 'user', content },
  ];
}

/** Draws a program that is not in the held-out test. */
function drawExample(random: Random): string {
  const { program } = drawProgram(random);
  return isHeldOutProgram(program) ? drawExample(random) : program;
}

/** Returns the Solver's prompt. It shows neither the output to predict, nor the input to find, nor a hidden pair. */
export function solverMessages(question: string): ChatMessage[] {
  const sheet = readSheet(question);
  return [
    { role: 'system', content: SYSTEM.solver },
    { role: 'user', content: sheet === null ? question : asked(sheet) },
  ];
}

function asked({ task, program, shown, message }: Sheet): string {
  const [{ input, output }] = shown;
  switch (task) {
    case 'predict-output':
      return `What does f(${input}) return?\n${fenced('js', program)}\nAnswer with the value, as JavaScript writes it.`;
    case 'find-input':
      return `Find arguments for which f returns ${output}\n${fenced('js', program)}\nAnswer with the arguments of f only, separated by commas. If there are several solutions, one of them is enough.`;
    case 'find-program':
      return `Write a JavaScript function f that gives these results:\n${fenced('', shown.map(line).join('\n'))}\n${message === '' ? '' : `Hint: ${message}\n`}It is also checked with other arguments. Answer with the program.`;
  }
}

function line({ input, output }: Pair): string {
  return `f(${input}) = ${output}`;
}

function fenced(tag: string, content: string): string {
  return `\`\`\`${tag}\n${content}\n\`\`\``;
}
