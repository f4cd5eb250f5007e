import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { arithmetic } from '../../domains/arithmetic/domain.ts';
import { math } from '../../domains/math/domain.ts';
import type { LabelledQuestion } from '../../types.ts';
import { labelMetrics } from './label-metrics.ts';

const ctx = { config: resolveConfig({}), domain: arithmetic };

type LabelFields = Partial<Pick<LabelledQuestion, 'dropped' | 'labelCorrect' | 'truth'>> & {
  agreement?: number;
  text?: string;
  label?: string;
};

function labelled({
  agreement,
  text = 'Compute 1 + 1.',
  dropped = null,
  labelCorrect = null,
  truth = '2',
  label,
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
      label: label ?? (labelCorrect === null ? null : '2'),
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

describe('labels of ill-posed questions', () => {
  // Three kept: one right, one wrong, one on a question without an answer. Five of the pool's labels have votes.
  const ILL_POSED = [
    labelled({ agreement: 0.5, labelCorrect: true }),
    labelled({ agreement: 0.5, labelCorrect: false }),
    labelled({ agreement: 0.5, labelCorrect: null, truth: null, label: '7' }),
    labelled({ agreement: 0.9, labelCorrect: true, dropped: 'too-easy' }),
    labelled({ agreement: 0.1, labelCorrect: null, truth: null, label: '8', dropped: 'too-hard' }),
    labelled({ agreement: 0, labelCorrect: null, truth: null, dropped: 'no-answer' }),
    labelled({ dropped: 'duplicate' }),
  ];

  it('are not right, and count in every share of right labels', () => {
    expect(labelMetrics(ctx, ILL_POSED)).toMatchObject({
      'pool/labels_right': 1 / 3,
      'pool/labels_ill_posed': 1 / 3,
      'pool/labels_right_all': 2 / 5,
      'pool/labels_ill_posed_all': 2 / 5,
      'pool/labels_right/0.5-0.6': 1 / 3,
      'pool/labels_right/0.1-0.2': 0,
      'pool/label_accuracy': 1 / 2,
      'pool/label_accuracy_all': 2 / 3,
    });
  });

  it('are all that is kept: no label is right', () => {
    const metrics = labelMetrics(ctx, [ILL_POSED[2]]);
    expect(metrics).toMatchObject({ 'pool/labels_right': 0, 'pool/labels_ill_posed': 1 });
    expect(metrics).not.toHaveProperty('pool/label_accuracy');
  });

  it('are not counted without an oracle, and not among given answers', () => {
    const counted = (other: Parameters<typeof labelMetrics>[0]): string[] =>
      Object.keys(labelMetrics(other, ILL_POSED)).filter((name) => name.startsWith('pool/labels_'));
    expect(counted({ ...ctx, domain: math })).toEqual([]);
    const finetune = { ...ctx.config.finetune, data: 3 };
    expect(counted({ ...ctx, config: { ...ctx.config, finetune } })).toEqual([]);
    expect(counted(ctx)).not.toEqual([]);
  });
});
