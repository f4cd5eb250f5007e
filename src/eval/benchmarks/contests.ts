/**
 * The three contests AMC and AIME. They have few questions, so each is sampled many times: the paper reports
 * the mean of 32 answers. Registered in `index.ts`.
 */

import type { EvalItem, HubSource, Malformed, Row, Task } from '../task.ts';
import { openItem, textOf } from './fields.ts';

const MEAN_32 = { kind: 'mean', samples: 32 } as const;

/** Converts a row. Answers are whole numbers; some copies store them as `27.0` or with leading zeros. */
function toItem(row: Row, at: number): EvalItem | Malformed {
  const answer = textOf(row, 'answer', 'expected_answer');
  if (answer !== null && !/^-?\d+(?:\.0+)?$/.test(answer)) return { malformed: 'the answer is not a whole number' };
  return openItem(at, {
    id: textOf(row, 'id', 'ID', 'unique_id'),
    question: textOf(row, 'problem', 'question', 'Problem'),
    answer: answer === null ? null : String(Number(answer)),
  });
}

function contest(name: string, title: string, files: string[], hub: HubSource, size: number): Task {
  return {
    name,
    title,
    group: 'math',
    grading: 'math',
    metric: MEAN_32,
    source: { files, hub },
    sizes: [size],
    toItem,
    solution: (row) => textOf(row, 'solution'),
  };
}

/** AMC 12 of 2023: the 40 problems whose answer is a whole number. */
export const amc23 = contest(
  'amc23',
  'AMC 2023',
  ['amc23_40.jsonl', 'amc23.jsonl', 'amc23.parquet'],
  { dataset: 'zwhe99/amc23', split: 'test', revision: 'main' },
  40,
);

/** AIME I and II of 2024. */
export const aime24 = contest(
  'aime24',
  'AIME 2024',
  ['aime24.jsonl', 'aime_2024.jsonl', 'aime24.parquet'],
  { dataset: 'HuggingFaceH4/aime_2024', split: 'train', revision: 'main' },
  30,
);

/** AIME I and II of 2025. */
export const aime25 = contest(
  'aime25',
  'AIME 2025',
  ['aime25.jsonl', 'aime_2025.jsonl', 'aime25.parquet'],
  { dataset: 'yentinglin/aime_2025', split: 'train', revision: 'main' },
  30,
);
