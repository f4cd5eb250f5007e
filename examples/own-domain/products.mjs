/**
 * A custom domain with a custom reward: arithmetic in which every question must contain a multiplication, and short
 * questions get a higher reward. It works with the shipped base model, which writes and solves such questions.
 *
 *   npx rzero evolve --domain ./products.mjs --scale tiny
 */

import { arithmetic, boxedAnswer, defineDomain, parseTaggedQuestion } from 'rzero/domains';
import { addPart, defaultChallengerReward } from 'rzero/rewards';

const LONGEST = 200;

/**
 * Matches `3 * 4`, or `3 boxes of 4` in a word problem.
 * @param {string} question
 */
const multiplies = (question) => /\*|\d \w+ of \d/.test(question);

export default defineDomain({
  name: 'products',
  challengerMessages: () => [{ role: 'user', content: 'Pose a question.' }],
  solverMessages: (question) => [{ role: 'user', content: question }],
  parseQuestion(completion) {
    const question = parseTaggedQuestion(completion, LONGEST);
    if (question.invalid !== null || multiplies(question.text)) return question;
    return { ...question, invalid: 'ill-formed' };
  },
  extractAnswer: boxedAnswer,

  // The following members are optional. `truth` gives the accuracy of the labels; `heldOut` is the test of the Solver.
  truth: (question) => arithmetic.truth(question),
  heldOut: {
    questions: (count) =>
      arithmetic.heldOut
        .questions(1200)
        .filter(({ text }) => multiplies(text))
        .slice(0, count),
    includes: (question) => arithmetic.heldOut.includes(question),
  },
});

/** R-Zero's reward, plus up to 0.2 for a short question. The part is the metric `challenger/brevity`. */
export const rewards = {
  /** @param {import('rzero/rewards').ChallengerBatch} batch */
  challenger: (batch) => {
    const brevity = batch.items.map(({ text, invalid }) => (invalid === null ? 1 - text.length / LONGEST : 0));
    return addPart(defaultChallengerReward(batch), 'brevity', brevity, 0.2);
  },
};
