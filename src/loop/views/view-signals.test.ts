import { expect, it } from 'vitest';
import type { DropReason, LabelledQuestion } from '../../types.ts';
import type { ViewSplit } from '../pool/voting.ts';
import { signalMetrics } from './view-signals.ts';

function labelled(id: string, agreement: number, labelCorrect: boolean | null, dropped: DropReason | null = null) {
  const tally = { groups: [], label: '7', agreement, unanswered: 0, attempts: 10 };
  const question = { id, iteration: 1, origin: 'pool', step: 0, index: 0, text: id, claimed: null } as const;
  const truth = labelCorrect === null ? null : '7';
  return { question: { ...question, completion: '', invalid: null }, tally, dropped, truth, labelCorrect };
}

const LABELS: LabelledQuestion[] = [
  labelled('a', 0.6, true),
  labelled('b', 0.4, true, 'views-disagree'),
  labelled('c', 0.5, false, 'surplus'),
  labelled('d', 0.7, false, 'views-disagree'),
  labelled('e', 0.8, null),
  labelled('f', 0.9, true, 'too-easy'),
  labelled('g', 0, null, 'unreadable'),
];

it('measures the agreement alone without other wordings, over the labels in the band of known truth', () => {
  // Of the pairs (a, c), (a, d), (b, c) and (b, d), only the first is in order.
  expect(signalMetrics(LABELS)).toEqual({ 'pool/auc/agreement': 1 / 4 });
});

it('measures both halves and the gate, and counts what the gate drops', () => {
  const split = (agree: boolean, own: number, others: number): ViewSplit => ({ agree, own, others });
  const views = new Map<string, ViewSplit | null>([
    ['a', split(true, 0.4, 0.8)],
    ['b', split(false, 0.6, 0.2)],
    ['c', split(true, 0.6, 0.4)],
    ['d', split(false, 1, 0)],
    ['e', split(false, 1, 0)],
    ['f', split(true, 1, 1)],
    ['g', null],
  ]);
  expect(signalMetrics(LABELS, { views })).toEqual({
    'pool/auc/agreement': 1 / 4,
    'pool/auc/own': 0.5 / 4,
    'pool/auc/wordings': 3 / 4,
    'pool/auc/gate': 2 / 4,
    'pool/views/unreadable': 1 / 7,
    'pool/views/agree': 2 / 5,
    'pool/views/right_if_agree': 1 / 2,
    'pool/views/right_if_not': 1 / 2,
  });
});
