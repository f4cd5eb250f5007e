import { expect, it } from 'vitest';
import type { VariantResult } from '../../ablate/result.ts';
import type { OpenIteration } from '../../events.ts';
import { isOpen, openRows } from './ablation-open.ts';

function row(iteration: number, mean: number): OpenIteration {
  const result = {
    iteration,
    tasks: 2,
    samples: 4,
    mean: { value: mean, low: 0, high: 1 },
    byCriterion: { short: mean, kind: 0.5 },
    variety: 0.6,
    characters: 99.6,
    likelihood: -0.5,
    consensus: 0.25,
    truncated: 0,
    perTask: [mean, mean],
  };
  return { iteration, result, kept: iteration === 0 ? null : 40 };
}

function variant(title: string, means: number[]): VariantResult {
  const runs = means.map((mean, seed) => ({
    seed,
    dir: '',
    outcome: 'finished' as const,
    explanation: '',
    seconds: 90,
    scored: 1,
    iterations: [],
    open: [row(0, 0.4), row(1, mean)],
  }));
  return { name: title, title, from: null, paper: null, set: {}, runs, sampled: null, forced: null };
}

it('has the base and every variant, averaged over the seeds, with each criterion', () => {
  const variants = [variant('likelihood', [0.5, 0.7]), variant('consensus', [])];
  expect(isOpen({ variants })).toBe(true);
  expect(openRows({ variants })).toEqual([
    ['', 'quality', 'short', 'kind', 'variety', 'likelihood', 'consensus', 'characters', 'kept', 'seconds'],
    ['base model', '40.0 %', '40 %', '50 %', '60 %', '-0.5', '25 %', '100', '—', '—'],
    ['likelihood', '60.0 %', '60 %', '50 %', '60 %', '-0.5', '25 %', '100', '40', '1 min 30 s'],
    ['consensus', ...Array.from({ length: 9 }, () => '—')],
  ]);
  expect(isOpen({ variants: [] })).toBe(false);
});
