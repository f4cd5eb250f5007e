import { expect, it } from 'vitest';
import { accuracyByBand, accuracyOf, type AuditedLabel, bandsOf } from './label-bands.ts';

const LABELS: AuditedLabel[] = [
  { agreement: 3 / 10, correct: true },
  { agreement: 0.1 + 0.2, correct: false },
  { agreement: 0.29, correct: true },
  { agreement: 1, correct: true },
  { agreement: 0.95, correct: true },
  { agreement: 0.5, correct: null },
];

it('counts labels in tenths of agreement, with 1 in the last band', () => {
  expect(bandsOf(LABELS)).toEqual([
    { from: 0.2, to: 0.3, audited: 1, correct: 1, accuracy: expect.objectContaining({ value: 1 }) },
    { from: 0.3, to: 0.4, audited: 2, correct: 1, accuracy: expect.objectContaining({ value: 0.5 }) },
    { from: 0.9, to: 1, audited: 2, correct: 2, accuracy: expect.objectContaining({ value: 1 }) },
  ]);
  expect(accuracyByBand(LABELS)).toEqual({ '0.2-0.3': 1, '0.3-0.4': 0.5, '0.9-1.0': 1 });
});

it('returns the share of right labels among the auditable ones', () => {
  expect(accuracyOf(LABELS)).toBe(0.8);
  expect(accuracyOf([{ agreement: 1, correct: null }])).toBeNull();
});
