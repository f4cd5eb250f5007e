/**
 * A custom benchmark: a data file, and the conversion of its rows to questions with answers.
 *
 *   npx rzero eval --task ./leap-years.mjs
 */

import { fileURLToPath } from 'node:url';
import { defineTask, openItem, textOf } from 'rzero/eval';

export default defineTask({
  name: 'leap-years',
  title: 'Days in a year',
  files: [fileURLToPath(new URL('leap-years.jsonl', import.meta.url))],
  // A row without a question or an answer is counted and reported.
  toItem: (row, at) =>
    openItem(at, {
      id: textOf(row, 'year'),
      question: `How many days does the year ${textOf(row, 'year')} have?`,
      answer: textOf(row, 'days'),
    }),
});
