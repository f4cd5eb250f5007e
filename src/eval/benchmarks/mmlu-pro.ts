import { LETTERS, type Task } from '../task.ts';
import { choiceItem, textOf, textsOf } from './fields.ts';

/** MMLU-Pro: up to ten choices in fourteen subjects (Wang et al. 2024). */
export const mmluPro: Task = {
  name: 'mmlu-pro',
  title: 'MMLU-Pro',
  group: 'general',
  grading: 'letter',
  metric: { kind: 'greedy' },
  source: {
    files: ['mmlu_pro_test_12032.jsonl', 'mmlu_pro.jsonl', 'mmlu-pro.jsonl', 'mmlu_pro.parquet'],
    hub: { dataset: 'TIGER-Lab/MMLU-Pro', split: 'test', revision: 'main' },
  },
  sizes: [12032],
  toItem(row, at) {
    const right = LETTERS.indexOf(textOf(row, 'answer') ?? '?');
    const item = choiceItem(at, {
      id: textOf(row, 'question_id'),
      question: textOf(row, 'question'),
      choices: textsOf(row.options),
      right,
      category: textOf(row, 'category'),
    });
    const index = textOf(row, 'answer_index');
    if ('malformed' in item || index === null || Number(index) === right) return item;
    // The authors' own evaluation uses the letter.
    return { ...item, remark: 'letter and number of the answer disagree (the letter counts)' };
  },
};
