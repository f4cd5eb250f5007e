import { expect, it } from 'vitest';
import { iteration } from '../../../test/fixtures/run-summary.ts';
import type { AblationResult, RunResult, VariantResult } from '../../ablate/result.ts';
import { compareArms } from '../../eval/gains.ts';
import { ablationLines, alignedStyle, markdownStyle } from './ablation.ts';
import { width } from './format.ts';

const run = (seed: number, mean: number): RunResult => ({
  seed,
  dir: `/runs/${seed}`,
  outcome: 'finished',
  explanation: '',
  seconds: 110,
  scored: 2,
  iterations: [iteration(0, 0.3, 0.4), iteration(1, 0.4, 0.5), iteration(2, mean, 0.6)],
});
const variant = (name: string, runs: RunResult[], more: Partial<VariantResult> = {}): VariantResult => ({
  name,
  title: name,
  from: null,
  paper: null,
  set: {},
  runs,
  sampled: null,
  forced: null,
  ...more,
});
const scores = (runs: readonly RunResult[]): Map<number, number[]> =>
  new Map(runs.map(({ seed, iterations }) => [seed, iterations[2].evaluation.perQuestion]));

const FULL = [run(1, 0.5), run(2, 0.52)];
const LESS = [run(1, 0.4), run(2, 0.44)];
const RESULT: AblationResult = {
  plan: 'r',
  version: '0',
  code: 'c',
  machine: { cpu: 'x', cores: 2, node: 'v20' },
  seeds: [1, 2],
  score: 'last',
  reference: 'full',
  complete: true,
  variants: [
    variant('full', FULL, { title: 'R-Zero', paper: '48.06' }),
    variant('less', LESS, { sampled: compareArms(scores(FULL), scores(LESS)) }),
    variant('later', []),
  ],
};

it('prints the scores and the differences with their intervals', () => {
  const lines = ablationLines(RESULT, alignedStyle(Infinity));
  expect(lines[0]).toBe('Scores after the last iteration, mean of 2 seeds (1, 2)');
  const rows = lines.map((line) => line.split(/ {2,}/));
  expect(rows[4]).toEqual(['base model', '30.0 %', '40.0 %', '50.0 %', '40.0 %', '—', '—', '—']);
  expect(rows[5]).toEqual(['R-Zero', '51.0 %', '60.0 %', '71.0 %', '61.0 %', '75 % → 74 %', '241 → 242', '1 min 50 s']);
  expect(rows[7]).toEqual(['later', ...Array(7).fill('—')]);
  expect(lines[9]).toBe('Difference from R-Zero, paired by question, in points with 95 % intervals');
  expect(rows[13].slice(0, 2)).toEqual(['R-Zero', '—']);
  expect(rows[13].at(-1)).toBe('48.06');
  const less = rows[14];
  expect(less.slice(0, 2)).toEqual(['less', '−9.0']);
  expect(less[2]).toMatch(/^\[−1\d\.\d, −[67]\.\d\]$/);
  expect(less[3]).toBe('< 0.001');
  // Two seeds, −10 and −8: Student's interval with one degree of freedom.
  expect(less[4]).toBe('[−21.7, +3.7]');
  expect(less.slice(5, 7)).toEqual(['−10.0', '−8.0']);
});

it('prints Markdown, with notes on runs that ended early or are missing', () => {
  const early = variant('early', [{ ...run(1, 0.3), outcome: 'too-few-questions', explanation: 'Only 3 passed.' }]);
  const lines = ablationLines({ ...RESULT, complete: false, variants: [...RESULT.variants, early] }, markdownStyle);
  expect(lines).toContain('| R-Zero | 51.0 % | 60.0 % | 71.0 % | 61.0 % | 75 % → 74 % | 241 → 242 | 1 min 50 s |');
  expect(lines.slice(-2)).toEqual([
    'early, seed 1: too-few-questions. Only 3 passed.',
    'Not all runs have ended. Run the same command again to continue.',
  ]);
});

it('splits tables and wraps text at the given width', () => {
  const lines = ablationLines({ ...RESULT, complete: false }, alignedStyle(60));
  expect(lines.filter((line) => width(line) > 60)).toEqual([]);
  expect(lines.filter((line) => line.startsWith('R-Zero')).length).toBeGreaterThan(2);
});
