// @ts-check
/** The prompts of both roles. Examples in the form of earlier turns keep a small model to the format. */

/** @import { ChatMessage } from 'rzero/domains' */

import { Random } from 'rzero/engine';
import { writeProblem, KINDS } from './templates.mjs';

/** @type {(role: ChatMessage['role'], content: string) => ChatMessage} */
const says = (role, content) => ({ role, content });

const POSING = 'You write short word problems for children. The answer is a whole number.';
const ASKING = 'Write a word problem.';
const SOLVING = 'Answer with a calculation.';

/** Solved examples, in words that `templates.mjs` does not use. */
const SOLVED = [
  ['Tim has 9 pens and loses 4. How many pens are left?', '9 - 4 = 5', '5'],
  ['Eve has 3 bags of 4 nuts each. How many nuts is that in all?', '3 * 4 = 12', '12'],
  ['Joe has 8 kites. Lou has 6 kites. How many kites do they have together?', '8 + 6 = 14', '14'],
  ['Lou shares 15 plums equally among 3 friends. How many plums does each friend get?', '15 / 3 = 5', '5'],
];

/**
 * Asks for a problem after three examples of one kind, which the seed draws. Among examples of several kinds, a small
 * model mixes them up.
 * @param {number} seed
 * @returns {ChatMessage[]}
 */
export function challengerMessages(seed) {
  const random = new Random(seed);
  const kind = random.integer(0, KINDS - 1);
  const examples = [0, 1, 2].map(() => writeProblem(random, kind).text);
  return [
    says('system', POSING),
    ...examples.flatMap((text) => [says('user', ASKING), says('assistant', text)]),
    says('user', ASKING),
  ];
}

/**
 * Asks for the answer after solved examples.
 * @param {string} question
 * @param {readonly string[][]} solved
 * @returns {ChatMessage[]}
 */
export function solverMessages(question, solved = SOLVED) {
  return [
    says('system', SOLVING),
    ...solved.flatMap(([asked, steps, answer]) => [
      says('user', asked),
      says('assistant', `${steps}\nAnswer: ${answer}`),
    ]),
    says('user', question),
  ];
}
