import { lastBoxed } from '../../answers/read/extract.ts';
import type { Task } from '../task.ts';
import { asText, openItem, textOf, textsOf } from './fields.ts';

/**
 * Minerva Math: problems of MIT OpenCourseWare (Lewkowycz et al. 2022). The answer is the box in the
 * solution, as published. The `answer` column is used only without a box, because in one widespread copy
 * about thirty of its values belong to other rows.
 */
export const minerva: Task = {
  name: 'minerva',
  title: 'Minerva Math',
  group: 'math',
  grading: 'math',
  metric: { kind: 'greedy' },
  source: {
    files: ['minerva_272_with_answer.json', 'minerva_math.jsonl', 'minerva.jsonl', 'minerva.parquet'],
    hub: { dataset: 'zwhe99/simplerl-minerva-math', split: 'test', revision: 'main' },
  },
  sizes: [272],
  toItem: (row, at) =>
    openItem(at, {
      id: null,
      question: textOf(row, 'problem', 'question'),
      answer: lastBoxed(textOf(row, 'solution') ?? '') || (textsOf(row.answer)?.[0] ?? asText(row.answer)),
      category: textOf(row, 'type'),
    }),
  solution: (row) => textOf(row, 'solution'),
};
