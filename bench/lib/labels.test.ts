import { expect, it } from 'vitest';
import type { LabelledQuestion } from '../../src/types.ts';
import { bandsOf } from './labels.ts';

function labelled(agreement: number, labelCorrect: boolean | null): LabelledQuestion {
  const question = { id: 'q', iteration: 1, origin: 'pool', step: 0, index: 0, text: 't', claimed: null } as const;
  return {
    question: { ...question, completion: '', invalid: null },
    tally: { groups: [], label: '1', agreement, unanswered: 0, attempts: 10 },
    dropped: null,
    truth: labelCorrect === null ? null : '1',
    labelCorrect,
  };
}

it('counts labels in tenths of agreement, the last band with its upper end', () => {
  const labels = [
    labelled(3 / 10, true),
    labelled(0.1 + 0.2, false),
    labelled(0.29, true),
    labelled(1, true),
    labelled(0.95, true),
    labelled(0.5, null),
  ];
  expect(bandsOf(labels)).toEqual([
    { from: 0.2, to: 0.3, audited: 1, correct: 1, accuracy: expect.objectContaining({ value: 1 }) },
    { from: 0.3, to: 0.4, audited: 2, correct: 1, accuracy: expect.objectContaining({ value: 0.5 }) },
    { from: 0.9, to: 1, audited: 2, correct: 2, accuracy: expect.objectContaining({ value: 1 }) },
  ]);
});
