/**
 * The synthetic corpus for pre-training the shipped base model, one document at a time: Challenger turns,
 * Solver turns (with and without steps, with the mistakes of `solve.ts`) and bare facts. All parameters are
 * in `CorpusRecipe`. No document asks a held-out question. Next: `solve.ts` (solutions), `wording.ts`
 * (texts).
 */

import { z } from 'zod';
import type { Random } from '../../random.ts';
import { needsPrecedence, operationsOf, valueOf, type Sum } from './expression.ts';
import { randomSum, WORLD_LIMIT } from './generate.ts';
import { isHeldOut } from './held-out.ts';
import { CHALLENGER_PROMPT, FACTS_PROMPT, STEPS_PREFIX } from './prompts.ts';
import { apply, hastyLines, solve, stepText, type Procedure, type Solution } from './solve.ts';
import { plainText, storyText } from './wording.ts';

const share = z.number().min(0).max(1);
const weight = z.number().nonnegative();

/** Every parameter of the corpus. All shares are in 0..1. */
export const corpusRecipeSchema = z.strictObject({
  /** Share of documents in which the Challenger poses a question. */
  challenger: share.default(0.2),
  /** Share of documents with bare facts (`37+48=85`), always right. */
  facts: share.default(0.08),
  /** Facts per such document. */
  factLines: z.number().int().min(1).max(20).default(5),
  /** Among the Solver's documents, the share that answers without steps. */
  direct: share.default(0.35),
  /** Probability that the result of a written step is wrong. The error propagates. */
  slip: share.default(0.06),
  /** Among the worked solutions, the share that writes several steps on one line, with more slips. */
  hasty: share.default(0.4),
  hastySlip: share.default(0.12),
  /** Slip probability of each unwritten step before a direct answer. */
  directSlip: share.default(0.2),
  /** Among the solutions of questions where precedence matters, the share that ignores it. */
  misconception: share.default(0.3),
  /** Weights of the correct procedures. */
  productsFirst: weight.default(0.45),
  scan: weight.default(0.35),
  gather: weight.default(0.2),
  /** Weights of 1, 2, 3, … operations. */
  operations: z.array(weight).min(1).max(12).default([24, 24, 20, 14, 9, 5, 1, 1, 1, 1]),
  /** Share of questions worded as a story. */
  stories: share.default(0.5),
  /** Share of questions with operands up to 499 and negative literals. */
  wide: share.default(0.1),
  /** Share of stories whose running total may fall below zero (plain questions always may). */
  negativeStories: share.default(0.3),
  /** First part of the training with shorter questions, growing to the full mix. 0 = off. */
  easyUntil: share.default(0.33),
});

export type CorpusRecipe = z.output<typeof corpusRecipeSchema>;

export const defaultCorpusRecipe: CorpusRecipe = corpusRecipeSchema.parse({});

export interface CorpusDocument {
  user: string;
  assistant: string;
  kind: 'challenger' | 'worked' | 'hasty' | 'direct' | 'fact';
  /** The question that the document poses or answers, with its true answer. Null for facts. */
  question: { text: string; truth: string; operations: number } | null;
  /** Number of steps before the answer, written or not, and how many of them are wrong. */
  steps: number;
  slips: number;
  procedure: Procedure | null;
}

/** Generates one document. `progress` in 0..1 is the completed part of the training. */
export function corpusDocument(random: Random, recipe: CorpusRecipe, progress: number): CorpusDocument {
  const draw = random.next();
  if (draw < recipe.facts) return factDocument(random, recipe);
  const { text, sum } = corpusQuestion(random, recipe, progress);
  const question = { text, truth: String(valueOf(sum)), operations: operationsOf(sum) };
  if (draw < recipe.facts + recipe.challenger) {
    const assistant = `<question>${text}</question>\n\\boxed{${question.truth}}`;
    return { user: CHALLENGER_PROMPT, assistant, kind: 'challenger', question, steps: 0, slips: 0, procedure: null };
  }
  const kind = random.chance(recipe.direct) ? 'direct' : random.chance(recipe.hasty) ? 'hasty' : 'worked';
  const slip = { direct: recipe.directSlip, hasty: recipe.hastySlip, worked: recipe.slip }[kind];
  const { procedure, solution } = simulatedSolution(random, recipe, sum, slip);
  const lines = { direct: null, hasty: hastyLines(solution.steps), worked: solution.steps.map(stepText) }[kind];
  return {
    user: text,
    assistant: lines === null ? boxed(solution.answer) : workedText(lines, solution.answer),
    kind,
    question,
    steps: solution.steps.length,
    slips: slipsOf(solution),
    procedure,
  };
}

/** Generates a question of the recipe's mix that is not held out. */
export function corpusQuestion(random: Random, recipe: CorpusRecipe, progress: number): { text: string; sum: Sum } {
  const form = random.chance(recipe.stories) ? 'story' : 'plain';
  // Drawn before the loop, so that rejecting held-out questions does not change the mix.
  const operations = 1 + random.weighted(operationWeights(recipe, progress));
  for (;;) {
    const sum = randomSum(random, {
      operations,
      form,
      wide: random.chance(recipe.wide),
      negative: form === 'plain' || random.chance(recipe.negativeStories),
    });
    const text = form === 'plain' ? plainText(random, sum) : storyText(random, sum);
    if (!isHeldOut(text)) return { text, sum };
  }
}

/** Early in the training, each additional operation is up to 80 % rarer. */
function operationWeights({ operations, easyUntil }: CorpusRecipe, progress: number): readonly number[] {
  if (progress >= easyUntil) return operations;
  const decay = 0.2 + 0.8 * (progress / easyUntil);
  return operations.map((weight, at) => weight * decay ** at);
}

/**
 * Picks a procedure and solves. If the misconception would leave the closed world, a correct procedure is
 * used.
 */
function simulatedSolution(
  random: Random,
  recipe: CorpusRecipe,
  sum: Sum,
  slip: number,
): { procedure: Procedure; solution: Solution } {
  if (needsPrecedence(sum) && random.chance(recipe.misconception)) {
    const solution = solve(random, sum, 'left-to-right', slip);
    if (solution.steps.every((step) => Math.abs(step.result) <= WORLD_LIMIT)) {
      return { procedure: 'left-to-right', solution };
    }
  }
  const honest = ['products-first', 'scan', 'gather'] as const;
  const procedure = honest[random.weighted([recipe.productsFirst, recipe.scan, recipe.gather])];
  return { procedure, solution: solve(random, sum, procedure, slip) };
}

function slipsOf(solution: Solution): number {
  return solution.steps.filter((step) => apply(step.left, step.operation, step.right) !== step.result).length;
}

function workedText(lines: readonly string[], answer: number): string {
  return `${STEPS_PREFIX}${lines.join('\n')}\n${boxed(answer)}`;
}

function boxed(answer: number): string {
  return `\\boxed{${answer}}`;
}

function factDocument(random: Random, recipe: CorpusRecipe): CorpusDocument {
  const lines = Array.from({ length: recipe.factLines }, () => factLine(random));
  const rest = { question: null, steps: lines.length, slips: 0, procedure: null };
  return { user: FACTS_PROMPT, assistant: lines.join('\n'), kind: 'fact', ...rest };
}

/** Writes one right step of the kind solutions need: running totals up to 999 on the left, often negative. */
function factLine(random: Random): string {
  const operation = (['+', '-', '*'] as const)[random.weighted([0.4, 0.35, 0.25])];
  if (operation === '*') {
    const [left, right] = [random.integer(2, 9), random.integer(2, 12)];
    return stepText({ left, operation, right, result: left * right });
  }
  const left = random.chance(0.3) ? random.integer(-300, 900) : random.integer(-20, 150);
  const right = random.integer(0, 99);
  return stepText({ left, operation, right, result: apply(left, operation, right) });
}
