import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { iteration, summary } from '../../../test/fixtures/run-summary.ts';
import type { Notice } from '../../types.ts';
import { width } from './format.ts';
import { plainPalette } from './palette.ts';
import { reportLines, type RunReport } from './run-report.ts';
import { summaryLines } from './summary.ts';

const ROWS = [iteration(0, 0.4, 0.5), iteration(1, 0.6, 0.55)];

const STYLE = { palette: plainPalette, columns: Infinity, program: 'rzero', runsDir: '/here/runs' };

const REPORT: RunReport = {
  id: 'r-01',
  dir: '/here/runs/r-01',
  createdAt: '2026-11-23T10:20:30.000Z',
  model: 'models/arith-base',
  adapter: null,
  domain: 'arithmetic',
  seed: 3,
  cursor: { iteration: 2, stage: 'done', step: 0 },
  outcome: 'finished',
  best: 1,
  iterations: ROWS,
  pools: [
    {
      iteration: 1,
      posed: 500,
      kept: 241,
      dropped: { invalid: 11, too_easy: 200, too_hard: 48 },
      labelsRight: { '0.3-0.4': 0.5, '0.7-0.8': 0.923 },
    },
    {
      iteration: 2,
      posed: 1500,
      kept: 700,
      dropped: { invalid: 0, too_easy: 600, too_hard: 200 },
      labelsRight: { '0.3-0.4': 0.41 },
    },
  ],
  samples: [
    { text: 'Compute 3 + 4.', votes: [{ answer: '7', count: 5, weight: 5 }], attempts: 8, label: '7', truth: '7' },
    {
      text: 'Tom has 3 pens. How many pens does Mia have?',
      votes: [{ answer: '3', count: 8, weight: 8 }],
      attempts: 8,
      label: '3',
      truth: null,
      illPosed: true,
    },
  ],
  notices: [],
  summary: summary(ROWS),
  evaluations: [],
};

describe('the report of a run', () => {
  it('names the adapter when one was trained', () => {
    expect(reportLines(REPORT, STYLE)[0]).not.toContain('LoRA');
    const adapter = { rank: 8, alpha: 16, targets: ['q_proj', 'v_proj'] as const };
    const [head] = reportLines({ ...REPORT, adapter }, STYLE);
    expect(head).toContain('models/arith-base · LoRA: rank 8, alpha 16, on q_proj, v_proj · seed 3');
  });

  it('shows the notices, also while the run continues', () => {
    const notice: Notice = {
      iteration: 1,
      stage: 'filter',
      step: 0,
      about: 'too-few-questions',
      action: 'widen',
      value: 3,
      limit: 16,
      message: 'The band is widened.',
    };
    const lines = reportLines({ ...REPORT, summary: null, outcome: 'running', notices: [notice] }, STYLE);
    expect(lines[lines.indexOf('Notices') + 1]).toBe('  ! The band is widened.');
    expect(reportLines(REPORT, STYLE)).not.toContain('Notices');
  });

  it('shows scores, dropped questions, label accuracy by band, samples and the result', () => {
    const lines = reportLines(REPORT, STYLE);
    expect(lines.slice(0, 2)).toEqual([
      'run r-01 · arithmetic · models/arith-base · seed 3 · started 2026-11-23 10:20 UTC',
      'finished · runs/r-01',
    ]);
    expect(lines.slice(lines.indexOf('Pool: questions posed, dropped and kept'), lines.indexOf('Result'))).toEqual([
      'Pool: questions posed, dropped and kept',
      'iteration  posed  invalid  too easy  too hard  kept',
      '─────────  ─────  ───────  ────────  ────────  ────',
      '1            500       11       200        48   241',
      '2          1,500        0       600       200   700',
      '',
      'Labels right, of all with this agreement',
      'iteration  0.3-0.4  0.7-0.8',
      '─────────  ───────  ───────',
      '1             50 %     92 %',
      '2             41 %        —',
      '',
      'Label accuracy, and the paper’s',
      'labels right          iteration 1',
      '──────────────────  ─────────────',
      'oracle, all kept    74.7 % of 241',
      '  the well-posed    82.9 % of 217',
      '  ill-posed         10.0 % of 241',
      'the paper (GPT-4o)           79 %',
      '',
      'Questions of the newest curriculum',
      '    Compute 3 + 4.',
      '      7×5 —×3  label 7 ✓',
      '    Tom has 3 pens. How many pens does Mia have?',
      '      3×8  label 3 ✗ ill-posed',
      '',
    ]);
    expect(lines[lines.indexOf('Result') + 1]).toMatch(
      /^The model improved: 40\.0 % of the base's answers .* 60\.0 % after iteration 1 /,
    );
  });

  it('shows where an unfinished run stands and how to continue', () => {
    const lines = reportLines(
      {
        ...REPORT,
        outcome: 'unfinished',
        cursor: { iteration: 1, stage: 'train-solver', step: 4 },
        iterations: [],
        pools: [],
        samples: [],
        best: null,
        summary: null,
      },
      STYLE,
    );
    expect(lines).toEqual([
      'run r-01 · arithmetic · models/arith-base · seed 3 · started 2026-11-23 10:20 UTC',
      'unfinished, next: iteration 1, 5 train the Solver, step 5 · runs/r-01',
      '',
      'To continue:',
      '  rzero resume r-01',
    ]);
  });

  it('claims no best iteration before one is chosen', () => {
    const text = reportLines({ ...REPORT, outcome: 'unfinished', best: null, summary: null }, STYLE).join('\n');
    expect(text).toContain('The model improved');
    expect(text).not.toContain('kept as best');
  });

  it('is no wider than the terminal, with any number of iterations and any texts', () => {
    const rows = fc
      .integer({ min: 1, max: 12 })
      .map((n) => Array.from({ length: n + 1 }, (_, at) => iteration(at, 0.4, 0.5)));
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    fc.assert(
      fc.property(rows, text, text, fc.integer({ min: 60, max: 110 }), (iterations, words, answer, columns) => {
        const [first] = REPORT.samples;
        const samples = [
          { ...first, text: words, votes: [{ answer, count: 5, weight: 5 }], label: answer, truth: words },
        ];
        const report = { ...REPORT, iterations, samples, summary: summary(iterations) };
        const lines = [
          ...reportLines(report, { ...STYLE, columns }),
          ...summaryLines(report.summary, { ...STYLE, columns }),
          ...summaryLines(report.summary, { ...STYLE, columns, verbose: true }),
        ];
        expect(lines.filter((line) => width(line) > columns)).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('has a table of eleven iterations in two blocks with short headings', () => {
    const rows = Array.from({ length: 12 }, (_, at) => iteration(at, 0.4, 0.5));
    const lines = reportLines({ ...REPORT, iterations: rows }, { ...STYLE, columns: 80 });
    const headings = lines.filter((line) => line.startsWith('iteration  '));
    expect(headings.slice(0, 2).map((line) => line.split(/ +/))).toEqual([
      ['iteration', 'base', '1', '2', '3', '4', '5'],
      ['iteration', '6', '7', '8', '9', '10', '11'],
    ]);
  });
});
