/**
 * An own domain with an own reward: arithmetic in which every question must multiply, and short questions pay more.
 * The shipped base model can play it, since it writes and solves questions of this kind.
 *
 *   npx rzero evolve --domain ./products.mjs --scale tiny
 */

import { arithmetic, boxedAnswer, defineDomain, parseTaggedQuestion } from 'rzero/domains';
import { addPart, defaultChallengerReward } from 'rzero/rewards';

const LONGEST = 200;

/**
 * `3 * 4`, or `3 boxes of 4` in a story.
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

  // What follows is optional. `truth` lets the run say how many labels are right; `heldOut` measures the Solver.
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

/** R-Zero's own reward, and up to 0.2 more for a short question. The part appears as the metric `challenger/brevity`. */
export const rewards = {
  /** @param {import('rzero/rewards').ChallengerBatch} batch */
  challenger: (batch) => {
    const brevity = batch.items.map(({ text, invalid }) => (invalid === null ? 1 - text.length / LONGEST : 0));
    return addPart(defaultChallengerReward(batch), 'brevity', brevity, 0.2);
  },
};
