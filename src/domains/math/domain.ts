/**
 * The domain `math`: competition mathematics in natural language, as in the paper. The prompts paraphrase those of
 * R-Zero (arXiv 2508.05004). There is no oracle and no held-out test; use the benchmarks of `eval/`.
 */

import type { Domain } from '../domain.ts';
import { boxedAnswer, parseTaggedQuestion } from '../parse-question.ts';

/** Maximum length of a question, in characters. */
const MAX_POSED_CHARACTERS = 4000;

const CHALLENGER_SYSTEM = `You write problems for mathematics competitions.
First think privately, step by step, until you have designed a new problem that takes real reasoning. It may come from any field of mathematics, such as algebra, geometry, number theory, combinatorics, prealgebra, probability, statistics or calculus. Make it so hard that fewer than 30 % of advanced high-school students would solve it, and keep away from textbook standards and well-known contest problems.
Then, without showing your private thoughts, write exactly these two blocks:

<question>
{the full problem statement, on one or more lines}
</question>

\\boxed{final_answer}

Write nothing else: no explanation and no other markup.`;

const CHALLENGER_USER =
  'Write one new, challenging reasoning question now. Keep exactly to the format of your instructions.';

const SOLVER_SYSTEM = 'Reason step by step, and write your final answer inside \\boxed{}.';

const REWORD_SYSTEM = `You rewrite mathematics problems in other words.
Keep the meaning, every number and the answer. Change the names, the order of the facts and the sentences. Write exactly this block and nothing else:

<question>
{the whole problem in other words}
</question>`;

const VERIFIER_SYSTEM =
  'You check solutions of mathematics problems. Go through the solution step by step. End with \\boxed{1} if every step and the answer are right, and with \\boxed{0} otherwise.';

export const math: Domain = {
  name: 'math',
  challengerMessages: () => [
    { role: 'system', content: CHALLENGER_SYSTEM },
    { role: 'user', content: CHALLENGER_USER },
  ],
  solverMessages: (question) => [
    { role: 'system', content: SOLVER_SYSTEM },
    { role: 'user', content: question },
  ],
  rewordMessages: (question) => [
    { role: 'system', content: REWORD_SYSTEM },
    { role: 'user', content: question },
  ],
  verification: {
    messages(question, attempt, attemptFirst) {
      const parts = [`Problem:\n${question}`, `Solution:\n${attempt}`];
      return [
        { role: 'system', content: VERIFIER_SYSTEM },
        { role: 'user', content: (attemptFirst ? parts.toReversed() : parts).join('\n\n') },
      ];
    },
    opening: '\\boxed{',
    yes: '1',
    no: '0',
  },
  parseQuestion: (completion) => parseTaggedQuestion(completion, MAX_POSED_CHARACTERS),
  extractAnswer: boxedAnswer,
};
