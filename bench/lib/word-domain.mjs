// A domain for models with random weights: every text is a question, and the answer is one of two values, so that votes
// are split. Used by bench/forecast.ts.

/** @type {(count: number, from: number) => string} */
const words = (count, from) => Array.from({ length: count }, (_, at) => `t${from + at}`).join(' ');
/** Mean tokens of a question (`ENDING` in bench/forecast.ts). */
const TYPICAL = 10;
/** @type {(content: string) => import('../../src/types.ts').ChatMessage[]} */
const user = (content) => [{ role: 'user', content }];

/** @type {import('../../src/domains/domain.ts').Domain} */
export default {
  name: 'words',
  challengerMessages: () => user(words(100, 1)),
  solverMessages: (question) => user(`Answer this question in a few words: ${question}`),
  parseQuestion: (completion) => ({ text: completion, claimed: null, invalid: null }),
  generate: (count) => Array.from({ length: count }, (_, at) => ({ text: words(TYPICAL, at), answer: '0' })),
  extractAnswer: (completion) => String(completion.length % 2),
};
