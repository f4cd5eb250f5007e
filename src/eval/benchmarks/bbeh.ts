import type { Task } from '../task.ts';
import { openItem, textOf } from './fields.ts';

/** BIG-Bench Extra Hard (Kazemi et al. 2025), full or mini; micro average, as in the paper. */
export const bbeh: Task = {
  name: 'bbeh',
  title: 'BBEH',
  group: 'general',
  grading: 'bbeh',
  metric: { kind: 'greedy' },
  source: {
    files: ['bbeh.json', 'bbeh.jsonl', 'bbeh_mini_460.json', 'bbeh.parquet'],
    hub: { dataset: 'MrLight/bbeh-eval', split: 'train', revision: 'main' },
  },
  // The mini version and the full one.
  sizes: [460, 4520],
  toItem: (row, at) =>
    openItem(at, {
      id: textOf(row, 'id'),
      question: textOf(row, 'input', 'question'),
      answer: textOf(row, 'target', 'answer'),
      category: textOf(row, 'task'),
    }),
};
