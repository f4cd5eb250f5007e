/**
 * An own benchmark: a data file, and how a row of it becomes a question with its right answer.
 *
 *   npx rzero eval --task ./leap-years.mjs
 */

import { fileURLToPath } from 'node:url';
import { defineTask, openItem, textOf } from 'rzero/eval';

export default defineTask({
  name: 'leap-years',
  title: 'Days in a year',
  files: [fileURLToPath(new URL('leap-years.jsonl', import.meta.url))],
  // A row without a question or an answer is counted and reported, not dropped in silence.
  toItem: (row, at) =>
    openItem(at, {
      id: textOf(row, 'year'),
      question: `How many days does the year ${textOf(row, 'year')} have?`,
      answer: textOf(row, 'days'),
    }),
});
