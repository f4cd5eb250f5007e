import type { Task } from '../task.ts';
import { openItem, textOf } from './fields.ts';

/** SVAMP: one-step word problems with variations (Patel et al. 2021). Not part of the paper's averages. */
export const svamp: Task = {
  name: 'svamp',
  title: 'SVAMP',
  group: 'other',
  grading: 'math',
  metric: { kind: 'greedy' },
  source: {
    files: ['svamp_1000.json', 'SVAMP.json', 'svamp.json', 'svamp.jsonl'],
    hub: { dataset: 'ChilleD/SVAMP', split: 'test', revision: 'main' },
  },
  // The full set, and the test split on the hub.
  sizes: [1000, 300],
  toItem(row, at) {
    const [body, question] = [textOf(row, 'Body'), textOf(row, 'Question')];
    const story = body === null || /[.!?]$/.test(body) ? body : `${body}.`;
    return openItem(at, {
      id: textOf(row, 'ID'),
      question: story === null || question === null ? (question ?? story) : `${story} ${question}`,
      answer: textOf(row, 'Answer'),
      category: textOf(row, 'Type'),
    });
  },
};
