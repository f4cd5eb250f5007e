import { expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { arithmetic } from '../../domains/arithmetic/domain.ts';
import type { LabelledQuestion } from '../../types.ts';
import { labelMetrics } from './label-metrics.ts';

const ctx = { config: resolveConfig({}), domain: arithmetic };

type LabelFields = Partial<Pick<LabelledQuestion, 'dropped' | 'labelCorrect' | 'truth'>> & {
  agreement?: number;
  text?: string;
};

function labelled({
  agreement,
  text = 'Compute 1 + 1.',
  dropped = null,
  labelCorrect = null,
  truth = '2',
}: LabelFields): LabelledQuestion {
  const attempts = agreement === undefined ? 0 : 10;
  return {
    question: {
      id: '',
      iteration: 1,
      origin: 'pool',
      step: 0,
      index: 0,
      text,
      claimed: null,
      completion: '',
      invalid: dropped === 'invalid' ? 'no-question' : null,
    },
    tally: {
      groups: [],
      label: labelCorrect === null ? null : '2',
      agreement: agreement ?? 0,
      unanswered: 0,
      attempts,
    },
    dropped,
    truth,
    labelCorrect,
  };
}

const POOL = [
  labelled({ agreement: 0.5, labelCorrect: true }),
  labelled({ agreement: 0.6, labelCorrect: false, text: 'Compute 1 + 1 + 1.' }),
  labelled({ agreement: 0.5, labelCorrect: true, dropped: 'surplus' }),
  labelled({ agreement: 1, labelCorrect: false, dropped: 'too-easy' }),
  labelled({ agreement: 0.1, labelCorrect: false, dropped: 'too-hard' }),
  labelled({ agreement: 0, dropped: 'no-answer' }),
  labelled({ dropped: 'duplicate' }),
  labelled({ dropped: 'held-out' }),
  labelled({ dropped: 'invalid', truth: null, text: '' }),
  labelled({ agreement: 0.5, dropped: 'surplus', truth: null, text: 'Why?' }),
];

it('count questions at every step of the filter', () => {
  expect(labelMetrics(ctx, POOL)).toMatchObject({
    'pool/posed': 10,
    'pool/valid': 9,
    'pool/distinct': 7,
    'pool/in_band': 4,
    'pool/kept': 2,
    'pool/dropped/surplus': 2,
    'pool/without_truth': 1 / 9,
  });
});

it('report label accuracy of the kept questions, and of all with votes and a truth', () => {
  const metrics = labelMetrics(ctx, POOL);
  expect(metrics['pool/label_accuracy']).toBe(1 / 2);
  expect(metrics['pool/label_accuracy_all']).toBe(2 / 5);
});

it('report agreement and difficulty of the kept questions, and of all', () => {
  const metrics = labelMetrics(ctx, POOL);
  expect(metrics['pool/kept_agreement']).toBeCloseTo(0.55, 12);
  expect(metrics['pool/agreement']).toBeCloseTo(3.2 / 7, 12);
  expect(metrics['pool/kept_difficulty']).toBeCloseTo(1.5, 12);
  expect(metrics['pool/difficulty']).toBeCloseTo(9 / 8, 12);
});

it('report label accuracy by agreement', () => {
  expect(labelMetrics(ctx, POOL)).toMatchObject({
    'pool/label_accuracy/0.5-0.6': 1,
    'pool/label_accuracy/0.6-0.7': 0,
    'pool/label_accuracy/0.1-0.2': 0,
  });
});
