import type { Reference, Row, Task } from '../task.ts';
import { asText, openItem, textOf, textsOf } from './fields.ts';

/**
 * OlympiadBench, English text-only mathematics with open answers (He et al. 2024). Questions may have several
 * final answers, units and tolerances.
 */
export const olympiad: Task = {
  name: 'olympiad',
  title: 'OlympiadBench',
  group: 'math',
  grading: 'math',
  metric: { kind: 'greedy' },
  source: {
    files: ['olympiadbench_675.jsonl', 'olympiadbench.jsonl', 'olympiad.jsonl', 'olympiadbench.parquet'],
    hub: { dataset: 'zwhe99/simplerl-OlympiadBench', split: 'test', revision: 'main' },
  },
  sizes: [674, 675],
  toItem(row, at) {
    const answers = textsOf(row.final_answer) ?? [];
    const context = textOf(row, 'context');
    const question = textOf(row, 'question', 'problem');
    const item = openItem(at, {
      id: textOf(row, 'id'),
      question: question === null || context === null ? question : `${context}\n\n${question}`,
      answer: answers.length === 0 ? textOf(row, 'answer') : joined(answers),
      category: textOf(row, 'subfield'),
    });
    return 'malformed' in item ? item : { ...item, reference: { ...item.reference, ...rules(row) } };
  },
};

/** Joins the answers. The list contains one text, with all values of a question that has several. */
function joined(answers: readonly string[]): string {
  return answers.join(', ');
}

function rules(row: Row): Partial<Reference> {
  const unit = textOf(row, 'unit');
  const tolerance = Number(asText(row.error) ?? Number.NaN);
  return {
    ...(isTrue(row.is_multiple_answer) ? { unordered: true } : {}),
    ...(unit === null ? {} : { unit }),
    ...(tolerance > 0 ? { tolerance } : {}),
  };
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === 'True';
}
