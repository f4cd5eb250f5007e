import { extractAnswer } from '../../answers/read/conventions.ts';
import type { Task } from '../task.ts';
import { openItem, textOf } from './fields.ts';

/** Grade-school word problems (Cobbe et al. 2021). The answer follows `####`. */
export const gsm8k: Task = {
  name: 'gsm8k',
  title: 'GSM8K',
  group: 'math',
  grading: 'math',
  metric: { kind: 'greedy' },
  source: {
    files: ['gsm8k_test.jsonl', 'gsm8k.jsonl', 'gsm8k.parquet'],
    hub: { dataset: 'openai/gsm8k', config: 'main', split: 'test', revision: 'main' },
  },
  sizes: [1319],
  toItem(row, at) {
    const solution = textOf(row, 'answer');
    if (solution !== null && !solution.includes('####')) return { malformed: 'no #### before the answer' };
    const { answer } = extractAnswer(solution ?? '', ['hash']);
    return openItem(at, { id: null, question: textOf(row, 'question'), answer });
  },
  solution: (row) => textOf(row, 'answer'),
};
