/**
 * Small programs from templates, with the function that each computes. They are the examples in prompts, the held-out
 * test and the questions with known answers. A program is a chain of steps on one number, one list or one text.
 */

import type { Random } from '../../random.ts';
import { LIST_STEPS } from './steps/lists.ts';
import { NUMBER_STEPS } from './steps/numbers.ts';
import type { Step, StepMaker } from './steps/step.ts';
import { TEXT_STEPS } from './steps/texts.ts';

/** A program with what it computes. Inputs and outputs are JSON, which is canonical up to spaces. */
export interface TemplateProgram {
  program: string;
  /** What it does, in one sentence. */
  message: string;
  /** Draws an argument, as JSON. */
  drawInput(random: Random): string;
  /** Computes the result for an argument, as JSON. */
  run(input: string): string;
}

const MOST_STEPS = 4;

/** Draws a program of `steps` steps; default: 1 to 4. */
export function drawProgram(random: Random, steps = random.integer(1, MOST_STEPS)): TemplateProgram {
  const families = [
    () => chain(random, steps, { name: 'n', makers: NUMBER_STEPS, isValue: isNumber, draw: drawNumber }),
    () => chain(random, steps, { name: 'items', makers: LIST_STEPS, isValue: isList, draw: drawList }),
    () => chain(random, steps, { name: 'text', makers: TEXT_STEPS, isValue: isText, draw: drawText }),
  ];
  return random.pick(families)();
}

interface Family<T> {
  /** Name of the parameter. */
  name: string;
  makers: readonly StepMaker<T>[];
  isValue(value: unknown): value is T;
  draw(random: Random): T;
}

function chain<T>(random: Random, count: number, { name, makers, isValue, draw }: Family<T>): TemplateProgram {
  const steps: Step<T>[] = [];
  let last: StepMaker<T> | null = null;
  while (steps.length < count) {
    const maker = random.pick(makers);
    // The same kind of step twice in a row often folds into one.
    if (maker === last) continue;
    last = maker;
    steps.push(maker(random, name));
  }
  return {
    program: [`function f(${name}) {`, ...steps.map(({ code }) => `  ${code}`), `  return ${name};`, '}'].join('\n'),
    message: `${steps.map(({ words }) => words).join(', then ')}.`,
    drawInput: (draws) => JSON.stringify(draw(draws)),
    run: (input) => {
      const value: unknown = JSON.parse(input);
      if (!isValue(value)) return 'undefined';
      return JSON.stringify(steps.reduce((current, step) => step.run(current), value));
    },
  };
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isNumber);
}

function drawNumber(random: Random): number {
  return random.integer(-20, 60);
}

function drawList(random: Random): number[] {
  return Array.from({ length: random.integer(3, 7) }, () => random.integer(-9, 20));
}

const WORDS = [
  'river',
  'cloud',
  'apple',
  'stone',
  'tiger',
  'lemon',
  'paper',
  'green',
  'seven',
  'otter',
  'bread',
  'music',
];

function drawText(random: Random): string {
  return Array.from({ length: random.integer(1, 3) }, () => random.pick(WORDS)).join(' ');
}
