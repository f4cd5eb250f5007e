import { expect, it } from 'vitest';
import { iteration } from '../../../test/fixtures/run-summary.ts';
import { labelTable } from './labels.ts';

const planted = { accuracy: 0.5, of: 40 };
const judge = { accuracy: 0.75, of: 12, undecided: 3, failed: 0 };

it('compares every auditor with the paper, whose figures end at iteration 3', () => {
  const rows = [
    iteration(0, 0.4),
    { ...iteration(1, 0.5), audit: { planted, judge: null } },
    { ...iteration(2, 0.5), audit: { planted: null, judge } },
    iteration(3, 0.5),
    iteration(4, 0.5),
  ];
  expect(labelTable(rows, 100)).toEqual([
    'labels right          iteration 1   iteration 2  iteration 3  iteration 4',
    '───────────────────  ────────────  ────────────  ───────────  ───────────',
    'oracle, kept labels        78.5 %        78.5 %       78.5 %       78.5 %',
    'planted questions    50.0 % of 40             —            —            —',
    'judge, kept labels              —  75.0 % of 12            —            —',
    'judge, no verdict               —       3 of 15            —            —',
    'the paper (GPT-4o)           79 %          69 %         63 %            —',
  ]);
});

it('shows a judge none of whose verdicts could be read', () => {
  const unread = { accuracy: 0, of: 0, undecided: 4, failed: 1 };
  const row = { ...iteration(1, 0.5), labelAccuracy: null, audit: { planted: null, judge: unread } };
  expect(labelTable([iteration(0, 0.4), row], 100)[2]).toMatch(/^judge, no verdict +5 of 5$/);
});

it('is empty without an auditor', () => {
  expect(labelTable([iteration(0, 0.4), { ...iteration(1, 0.5), labelAccuracy: null }], 100)).toEqual([]);
  expect(labelTable([iteration(0, 0.4)], 100)).toEqual([]);
});
