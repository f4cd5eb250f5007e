// A domain for models with random weights: every text is a question, and the answer is one of two values, so that votes
// are split. Used by bench/forecast.ts.

const GUIDE = Array.from({ length: 100 }, (_, at) => `t${at + 1}`).join(' ');
/** @type {(content: string) => import('../../src/types.ts').ChatMessage[]} */
const user = (content) => [{ role: 'user', content }];

/** @type {import('../../src/domains/domain.ts').Domain} */
export default {
  name: 'words',
  challengerMessages: () => user(GUIDE),
  solverMessages: (question) => user(`Answer this question in a few words: ${question}`),
  parseQuestion: (completion) => ({ text: completion, claimed: null, invalid: null }),
  extractAnswer: (completion) => String(completion.length % 2),
};
