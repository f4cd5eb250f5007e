/** Texts as a model of the paper's size writes them: questions in the Challenger's format, and long answers. */

import { Random } from '../../../src/random.ts';
import { wordProblems } from '../word-problems.ts';

/** Mean length of an answer, in tokens. */
export const ANSWER_TOKENS = 800;
/** Spread of the logarithm of an answer's length. */
const SPREAD = 0.5;
/** Words per token, in these texts with the benchmark's tokenizer. */
const WORDS_PER_TOKEN = 0.64;

const LINES = [
  'First, we write the condition as $a_{n+1} = 3a_n + 7$ and solve it for the smallest index.',
  'Thus, $\\frac{x}{y} = \\frac{12}{35}$ and therefore $x + y = 47$.',
  'By the inclusion-exclusion principle there are $\\binom{9}{3} - \\binom{5}{2} = 74$ such sets.',
  'Substituting $t = \\sin^2 \\theta$ we get $$t^2 - 5t + 6 = 0$$ and so $t = 2$ or $t = 3$.',
  'However, the second case is impossible, since the remainder must be smaller than the divisor.',
  'Let us check: the total is $4 \\cdot 17 + 9 = 77$, which agrees with the statement above.',
  'Now consider the triangle whose sides are the roots of this polynomial.',
];

/** Final answers. The first is given by about half of the attempts; some are compared by the evaluator. */
const ANSWERS = ['42', '\\frac{1}{2}', '3\\pi', '12', '0.5', '\\sqrt{8}', '2\\sqrt{2}', '(1, 2)', 'x + 1', '17'];
const FIRST_SHARE = 0.5;

export interface PaperTexts {
  /** Completions of the Challenger. */
  questions: string[];
  /** Completions of the Solver. */
  answers: string[];
}

/** Writes texts; equal seeds give equal texts. */
export function paperTexts(counts: { questions: number; answers: number }, seed: number): PaperTexts {
  const random = new Random(seed);
  const more = wordProblems(counts.questions, seed + 1);
  return {
    questions: wordProblems(counts.questions, seed).map(
      (text, at) => `<question>\n${text} ${more[at]}\n</question>\n\n\\boxed{${random.integer(2, 999)}}`,
    ),
    answers: Array.from({ length: counts.answers }, () => answer(random, more)),
  };
}

function answer(random: Random, problems: readonly string[]): string {
  const words = ANSWER_TOKENS * WORDS_PER_TOKEN * Math.exp(SPREAD * random.normal() - SPREAD ** 2 / 2);
  const lines: string[] = [];
  for (let length = 0; length < words;) {
    const line = random.pick(random.next() < 0.5 ? LINES : problems);
    lines.push(line);
    length += line.split(' ').length;
  }
  const final = random.next() < FIRST_SHARE ? ANSWERS[0] : random.pick(ANSWERS);
  return `${lines.join(random.next() < 0.5 ? '\n' : ' ')}\n\nThe final answer is \\boxed{${final}}.`;
}
