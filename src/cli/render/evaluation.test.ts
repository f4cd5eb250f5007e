import { describe, expect, it } from 'vitest';
import { estimate } from '../../../test/fixtures/run-summary.ts';
import type { Comparison } from '../../eval/log/compare-logs.ts';
import { averagesOf, type EvaluationResults, type TaskResult } from '../../eval/summarize.ts';
import { warningsOf } from '../../eval/warnings.ts';
import { comparisonLines, evaluationsTable, resultLines } from './evaluation.ts';
import { width } from './format.ts';
import { plainPalette } from './palette.ts';

const STYLE = { palette: plainPalette, columns: Infinity };

function result(task: string, over: Partial<TaskResult> = {}): TaskResult {
  return {
    task,
    title: task.toUpperCase(),
    group: 'math',
    metric: 'pass@1',
    questions: 100,
    asked: 100,
    score: estimate(0.5),
    judged: null,
    greedy: estimate(0.5),
    samples: 0,
    mean: null,
    majority: null,
    passAtK: [],
    verdicts: { right: 50, wrong: 40, undecided: 3, unparsable: 7 },
    judgements: null,
    tokens: 12_345,
    meanTokens: 123.45,
    truncated: 2,
    seconds: 65,
    malformed: { count: 0, reasons: {}, first: [] },
    notes: [],
    from: 'file',
    categories: [],
    ...over,
  };
}

function results(...tasks: TaskResult[]): EvaluationResults {
  return {
    model: { kind: 'folder', name: 'my\u001bmodel', location: '/m', fingerprint: 'f', iteration: null },
    settings: { seed: 1, temperature: 1, topP: 1, topK: 0, minP: 0, maxTokens: null, prompts: 'math' },
    tasks,
    averages: averagesOf(tasks),
    notes: [],
  };
}

describe('resultLines', () => {
  it('show one task per row, with unparsable and undecided answers', () => {
    const four = ['gsm8k', 'minerva', 'math500', 'olympiad'].map((task) => result(task));
    const lines = resultLines(results(...four), '/evals/m', STYLE);
    expect(lines[0]).toBe('my␛model');
    expect(lines[1]).toMatch(/task +metric +n +score \[95 %\] +tokens +time +no answer +undecided +cut off/);
    expect(lines[3]).toMatch(/GSM8K +pass@1 +100 +50\.0 % \[48\.0, 52\.0\] +123 +1 min 05 s +7 +3 +2/);
    expect(lines.at(-1)).toBe('Saved in /evals/m');
    expect(lines.join('\n')).toContain('MATH AVG is missing amc23, aime25, aime24');
    expect(lines.join('\n')).not.toContain('General AVG');
  });

  it('show samples, the judge and data warnings when present', () => {
    const text = resultLines(
      results(
        result('aime24', {
          metric: 'mean@32',
          questions: 20,
          samples: 32,
          mean: estimate(0.4),
          majority: estimate(0.6),
          passAtK: [{ k: 32, estimate: estimate(0.8) }],
          judged: estimate(0.55),
          warnings: warningsOf({
            title: 'AIME24',
            verdicts: { right: 50, wrong: 40, undecided: 3, unparsable: 7 },
            judgements: { right: 1, wrong: 2, undecided: 4 },
          }),
          malformed: {
            count: 2,
            reasons: { 'no answer': 2 },
            first: [{ row: 4, reason: 'no answer', place: '/data/aime.jsonl:5' }],
          },
          notes: ['AIME24: odd.'],
        }),
      ),
      'x',
      STYLE,
    ).join('\n');
    expect(text).toMatch(/mean@32 +20 of 100 .*55\.0 % \[53\.0, 57\.0\].* 60\.0 % +80\.0 % \(k 32\)/);
    expect(text).toContain('! AIME24: 2 rows skipped (no answer: 2, first at aime.jsonl:5)');
    expect(text).toContain('! AIME24: 3 of 100 answers could not be compared with the reference and count as wrong.');
    expect(text).toContain(
      '! AIME24: of 7 disputed answers, the judge found 1 the same as the reference and 2 different; its verdict on 4 could not be read',
    );
    expect(text).toContain('! AIME24: odd.');
  });
});

describe('lines', () => {
  it('fit into the given width', () => {
    const some = results(...['gsm8k', 'math500'].map((task) => result(task, { notes: ['word '.repeat(40)] })));
    const lines = resultLines(some, '/evals/m', { palette: plainPalette, columns: 80 });
    expect(lines.filter((line) => width(line) > 80)).toEqual([]);
    expect(lines.filter((line) => line.startsWith('GSM8K '))).toHaveLength(2);
  });
});

describe('comparisonLines', () => {
  it('show the paired difference with its interval and p-value', () => {
    const comparison: Comparison = {
      baseline: 'base',
      tasks: [
        {
          task: 'gsm8k',
          title: 'GSM8K',
          metric: 'pass@1',
          questions: 1319,
          baseline: 0.4,
          score: 0.45,
          difference: { value: 0.05, low: 0.02, high: 0.08 },
          pValue: 0.0004,
          test: 'mcnemar',
          better: 90,
          worse: 24,
          unlike: ['prompts: math (baseline: arithmetic)'],
        },
      ],
      averages: [{ name: 'MATH AVG', estimate: { value: -0.01, low: -0.02, high: 0 }, of: [], missing: [] }],
      skipped: [{ task: 'bbeh', reason: 'the baseline has not answered it' }],
    };
    const text = comparisonLines(comparison, STYLE).join('\n');
    expect(text).toMatch(/GSM8K +1,319 +40\.0 % +45\.0 % +\+5\.0 \[\+2\.0, \+8\.0\] +< 0\.001 +90 \/ 24 +mcnemar/);
    expect(text).toContain('MATH AVG −1.0 [−2.0, ±0.0]');
    expect(text).toContain(
      '! GSM8K: not like with like, the difference also measures the settings. prompts: math (baseline: arithmetic)',
    );
    expect(text).toContain('! bbeh: not compared, the baseline has not answered it');
  });
});

describe('evaluationsTable', () => {
  it('shows one row per evaluation of a run', () => {
    const evaluations = [
      { name: 'iteration-0', results: results(result('gsm8k')) },
      { name: 'iteration-1', results: results(result('gsm8k', { score: estimate(0.6) }), result('svamp')) },
    ];
    const table = evaluationsTable(evaluations, 100);
    expect(table[0]).toMatch(/evaluation +GSM8K +SVAMP/);
    expect(table[2]).toMatch(/iteration-0 +50\.0 % \[48\.0, 52\.0\] +—/);
    expect(evaluationsTable([], 100)).toEqual([]);
  });
});
