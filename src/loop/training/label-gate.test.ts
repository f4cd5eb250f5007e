import { expect, it } from 'vitest';
import { createGrader } from '../../answers/grader.ts';
import type { SolverAttempt } from '../../rewards/correctness.ts';
import { labelSignals, passesLabelGate } from './label-gate.ts';

const grader = createGrader();

function group(label: string | null, ...answers: (string | null)[]): SolverAttempt[] {
  return answers.map((answer) => ({
    group: 0,
    question: '?',
    label,
    completion: '',
    answer,
    correct: answer === label,
  }));
}

it('passes a group whose majority is the label', async () => {
  const passes = (...items: Parameters<typeof group>): Promise<boolean> => passesLabelGate({ grader }, group(...items));
  expect(await passes('7', '7', '3', '7.0')).toBe(true);
  expect(await passes('7', '3', '7', '3')).toBe(false);
  expect(await passes('7', null, null, '7')).toBe(true);
  expect(await passes('7', null, null)).toBe(false);
  expect(await passes(null, '7', '7')).toBe(false);
  expect(await passes('7')).toBe(false);
});

it('measures what the groups say of their labels', () => {
  const seen = [
    { isRight: true, share: 0.9, passes: true },
    { isRight: true, share: 0.5, passes: true },
    { isRight: false, share: 0.6, passes: true },
    { isRight: false, share: 0.1, passes: false },
    { isRight: null, share: 1, passes: true },
  ];
  expect(labelSignals(seen, { labelGate: false })).toEqual({ label_auc: 3 / 4 });
  expect(labelSignals(seen, { labelGate: true })).toEqual({
    label_auc: 3 / 4,
    'label_gate/passed': 4 / 5,
    'label_gate/right': 2 / 3,
    'label_gate/right_if_not': 0,
  });
  expect(labelSignals(seen.slice(4), { labelGate: true })).toEqual({ 'label_gate/passed': 1 });
});
