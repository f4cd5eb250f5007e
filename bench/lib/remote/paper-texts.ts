/** Texts as a model of the paper's size writes them: questions in the Challenger's format, and long answers. */

import { Random } from '../../../src/random.ts';
import { wordProblems } from '../word-problems.ts';

/** Mean length of an answer, in tokens. */
const ANSWER_TOKENS = 800;
/** Spread of the logarithm of an answer's length. */
const SPREAD = 0.5;

const LINES = [
  'First, we write the condition as $a_{n+1} = 3a_n + 7$ and solve it for the smallest index.',
  'Thus, $\\frac{x}{y} = \\frac{12}{35}$ and therefore $x + y = 47$.',
  'By the inclusion-exclusion principle there are $\\binom{9}{3} - \\binom{5}{2} = 74$ such sets.',
  'Substituting $t = \\sin^2 \\theta$ we get $$t^2 - 5t + 6 = 0$$ and so $t = 2$ or $t = 3$.',
  'However, the second case is impossible, since the remainder must be smaller than the divisor.',
  'Let us check: the total is $4 \\cdot 17 + 9 = 77$, which agrees with the statement above.',
  'Now consider the triangle whose sides are the roots of this polynomial.',
];

export interface PaperTexts {
  /** Completions of the Challenger, without an end token. */
  questions: string[];
  /** Beginnings of the Solver's completions, and their ends with an answer. */
  reasonings: string[];
  ends: string[];
}

/** Writes `count` questions and as many reasonings. Equal seeds give equal texts. */
export function paperTexts(count: number, seed: number): PaperTexts {
  const random = new Random(seed);
  const questions = wordProblems(count, seed).map(
    (text, at) =>
      `<question>\n${text} ${wordProblems(1, seed + 7919 * (at + 1))[0]}\n</question>\n\n\\boxed{${random.integer(2, 999)}}`,
  );
  const reasonings = Array.from({ length: count }, () => reasoning(random));
  const ends = Array.from(
    { length: 40 },
    (_, at) => `\n\nThe final answer is \\boxed{${ANSWERS[at % ANSWERS.length](at)}}.`,
  );
  return { questions, reasonings, ends };
}

/** Most answers are compared by their text; some need the evaluator. */
const ANSWERS: ((at: number) => string)[] = [
  (at) => String(at),
  (at) => String(10 * at),
  (at) => `\\frac{${at}}{${at + 1}}`,
  (at) => `${at}\\pi`,
  (at) => `\\sqrt{${at}}`,
];

function reasoning(random: Random): string {
  const words = ANSWER_TOKENS * Math.exp(SPREAD * random.normal() - SPREAD ** 2 / 2) * 0.5;
  const out: string[] = [];
  for (let length = 0; length < words;) {
    const line = random.next() < 0.5 ? random.pick(LINES) : wordProblems(1, random.integer(0, 1_000_000))[0];
    out.push(line);
    length += line.split(' ').length;
  }
  return out.join(random.next() < 0.5 ? '\n' : ' ');
}
