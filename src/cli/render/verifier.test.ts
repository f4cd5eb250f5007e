import { expect, it } from 'vitest';
import type { VerifierReport } from '../../loop/verifier/report.ts';
import { width } from './format.ts';
import { verifierLines } from './verifier.ts';

const FAILED: VerifierReport = {
  iteration: 1,
  entrance: {
    passes: false,
    caught: { answer: 0.1, mismatch: 0.9, step: null },
    consensus: { share: 0.6, low: 0.5 },
    likelihood: { share: 0.7, low: 0.6 },
    stable: 1,
    failures: ['it catches 10.0 % of changed answers, not 80.0 %', 'a monitor set it back'],
  },
  yes: 0.99,
  judgeGap: 0.4,
  variety: 0.5,
  auc: { verifier: 0.61, majority: 0.83 },
  accepted: null,
};
const PASSED: VerifierReport = {
  ...FAILED,
  iteration: 2,
  entrance: { ...FAILED.entrance, passes: true, failures: [] },
  accepted: 0.75,
};

it('shows the test of every iteration', () => {
  const lines = verifierLines([FAILED, PASSED], 80);
  expect(lines.join('\n')).toMatch(/passes its entrance test +no +yes/);
  expect(lines.join('\n')).toMatch(/caught: changed answers +10\.0 % +10\.0 %/);
  expect(lines.join('\n')).toMatch(/labels accepted +— +75\.0 %/);
  expect(lines.join('\n')).not.toContain('changed steps');
  for (const line of lines) expect(width(line)).toBeLessThanOrEqual(80);
});

it('is empty for a run without a Verifier', () => {
  expect(verifierLines([], 80)).toEqual([]);
});
