// @ts-check
/**
 * A domain for a small instruct model: one-step word problems in plain English with whole-number answers.
 *
 *   npx rzero evolve --domain ./word-problems.mjs --model FOLDER
 *
 * There is no oracle for free text, so the labels are audited by planted questions from `templates.mjs`.
 */

import { defineDomain } from 'rzero/domains';
import { Random } from 'rzero/engine';
import { heldOut } from './held-out.mjs';
import { challengerMessages, solverMessages } from './prompts.mjs';
import { readAnswer, readQuestion } from './reading.mjs';
import { writeProblems } from './templates.mjs';
import { views } from './views.mjs';

export default defineDomain({
  name: 'word-problems',
  challengerMessages,
  solverMessages: (question) => solverMessages(question),
  parseQuestion: readQuestion,
  extractAnswer: readAnswer,
  views,
  heldOut,
  generate: (count, seed) => writeProblems(new Random(seed), count, heldOut.includes),
});
