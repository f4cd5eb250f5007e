import { expect, it } from 'vitest';
import { iteration } from '../../../test/fixtures/run-summary.ts';
import { labelTable } from './labels.ts';

const planted = { accuracy: 0.5, of: 40 };
const judge = { accuracy: 0.75, of: 12, undecided: 3, failed: 2 };

it('compares every auditor with the paper, whose figures end at iteration 3', () => {
  const rows = [
    iteration(0, 0.4),
    { ...iteration(1, 0.5), audit: { planted, judge: null } },
    { ...iteration(2, 0.5), audit: { planted: null, judge } },
    iteration(3, 0.5),
    iteration(4, 0.5),
  ];
  expect(labelTable(rows, 120)).toEqual([
    'labels right            iteration 1    iteration 2    iteration 3    iteration 4',
    '────────────────────  ─────────────  ─────────────  ─────────────  ─────────────',
    'oracle, all kept      74.7 % of 241  74.4 % of 242  74.1 % of 243  73.8 % of 244',
    '  the well-posed      82.9 % of 217  82.6 % of 218  82.2 % of 219  81.8 % of 220',
    '  ill-posed           10.0 % of 241   9.9 % of 242   9.9 % of 243   9.8 % of 244',
    'planted, in the band   50.0 % of 40              —              —              —',
    'judge, all verdicts               —   60.0 % of 15              —              —',
    '  the decided                     —   75.0 % of 12              —              —',
    '  without a reply                 —              2              —              —',
    'the paper (GPT-4o)             79 %           69 %           63 %              —',
  ]);
});

it('shows how many labels other wordings confirm, with the interval', () => {
  const views = { value: 0.6, low: 0.386, high: 0.781, of: 20 };
  const lines = labelTable(
    [iteration(0, 0.4), { ...iteration(1, 0.5), labels: null, audit: { planted: null, judge: null, views } }],
    100,
  );
  expect(lines.slice(2, -1)).toEqual(['other wordings agree  60.0 % of 20', '  95 % interval          39 %–78 %']);
});

it('counts a label on an ill-posed question as not right, also if all of them are', () => {
  const labels = { labels: 8, right: 0, illPosed: 8 };
  const lines = labelTable([iteration(0, 0.4), { ...iteration(1, 0.5), labels }], 100);
  expect(lines.slice(2, 5)).toEqual([
    'oracle, all kept      0.0 % of 8',
    '  ill-posed         100.0 % of 8',
    'the paper (GPT-4o)          79 %',
  ]);
});

it('names computed labels, of which none is checked', () => {
  const labels = { labels: 30, right: 30, illPosed: 0, computed: true } as const;
  const lines = labelTable([iteration(0, 0.4), { ...iteration(1, 0.5), labels }], 100);
  expect(lines.slice(2, -1)).toEqual(['computed, all kept           30']);
});

it('is empty without an auditor', () => {
  expect(labelTable([iteration(0, 0.4), { ...iteration(1, 0.5), labels: null }], 100)).toEqual([]);
  expect(labelTable([iteration(0, 0.4)], 100)).toEqual([]);
});

it('shows a judge that decides nothing, and one that does not reply', () => {
  const judged = (judge: { of: number; undecided: number; failed: number }): string[] =>
    labelTable(
      [
        iteration(0, 0.4),
        { ...iteration(1, 0.5), labels: null, audit: { planted: null, judge: { accuracy: 0, ...judge } } },
      ],
      100,
    ).slice(2, -1);
  expect(judged({ of: 0, undecided: 6, failed: 0 })).toEqual(['judge, all verdicts   0.0 % of 6']);
  expect(judged({ of: 0, undecided: 0, failed: 6 })).toEqual(['  without a reply             6']);
});
