// @ts-check
/**
 * The same domain with a better prompt: one solved example of each kind of question. It shows what a better prompt alone
 * gives, without training.
 *
 *   npx rzero eval --model FOLDER --domain ./more-examples.mjs --task planted.jsonl
 */

import { solverMessages } from './prompts.mjs';
import domain from './word-problems.mjs';

const SOLVED = [
  ['Tim has 9 pens and buys 5 more. How many pens does Tim have now?', '9 + 5 = 14', '14'],
  ['Joe has 16 nuts and gives 7 to Eve. How many nuts are left?', '16 - 7 = 9', '9'],
  ['Eve has 3 bags of 4 nuts each. How many nuts is that in all?', '3 * 4 = 12', '12'],
  ['Lou shares 15 plums equally among 3 friends. How many plums does each friend get?', '15 / 3 = 5', '5'],
  ['Pat has 11 pens. Joe has 8 pens. How many more pens does Pat have than Joe?', '11 - 8 = 3', '3'],
  ['Tim has 6 kites. Lou has 7 kites. How many kites do they have together?', '6 + 7 = 13', '13'],
  ['One ball costs $4. Pat buys 5 balls. How many dollars does Pat pay?', '5 * 4 = 20', '20'],
];

export default {
  ...domain,
  name: 'word-problems-more-examples',
  /** @param {string} question */
  solverMessages: (question) => solverMessages(question, SOLVED),
};
