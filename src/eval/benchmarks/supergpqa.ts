import { LETTERS, type Task } from '../task.ts';
import { choiceItem, textOf, textsOf } from './fields.ts';

/** SuperGPQA: graduate-level knowledge in 285 disciplines (M-A-P 2025). */
export const superGpqa: Task = {
  name: 'supergpqa',
  title: 'SuperGPQA',
  group: 'general',
  grading: 'letter',
  metric: { kind: 'greedy' },
  source: {
    files: ['SuperGPQA-all.jsonl', 'supergpqa.jsonl', 'supergpqa.parquet'],
    hub: { dataset: 'm-a-p/SuperGPQA', split: 'train', revision: 'main' },
  },
  sizes: [26529],
  toItem(row, at) {
    const letter = textOf(row, 'answer_letter') ?? '';
    const right = letter.length === 1 ? LETTERS.indexOf(letter) : -1;
    const choices = textsOf(row.options);
    const text = textOf(row, 'answer');
    if (text !== null && choices !== null && choices[right] !== text) {
      return { malformed: 'letter and text of the answer disagree' };
    }
    return choiceItem(at, {
      id: textOf(row, 'uuid'),
      question: textOf(row, 'question'),
      choices,
      right,
      category: textOf(row, 'discipline'),
    });
  },
};
