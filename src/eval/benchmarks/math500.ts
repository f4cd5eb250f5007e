import type { Task } from '../task.ts';
import { openItem, textOf } from './fields.ts';

/** 500 problems of MATH (Hendrycks et al. 2021), in the split of Lightman et al. 2023. */
export const math500: Task = {
  name: 'math500',
  title: 'MATH-500',
  group: 'math',
  grading: 'math',
  metric: { kind: 'greedy' },
  source: {
    files: ['math500_test.jsonl', 'math500.jsonl', 'math_500.jsonl', 'math500.parquet'],
    hub: { dataset: 'HuggingFaceH4/MATH-500', split: 'test', revision: 'main' },
  },
  sizes: [500],
  toItem: (row, at) =>
    openItem(at, {
      id: textOf(row, 'unique_id'),
      question: textOf(row, 'problem', 'question'),
      answer: textOf(row, 'answer'),
      category: textOf(row, 'subject'),
    }),
  solution: (row) => textOf(row, 'solution'),
};
