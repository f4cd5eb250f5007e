import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveConfig } from '../../config/load.ts';
import { StoreError } from '../../errors.ts';
import { createRun } from '../../store/sqlite.ts';
import type { EvalResult, Metric } from '../../types.ts';
import { listCurves, readSeries } from './read.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-curves-'));
const dir = join(root, 'run');

const metric = (iteration: number, stage: string, step: number, name: string, value: number): Metric => {
  return { iteration, stage, step, name, value };
};
const estimate = { value: 0.5, low: 0.4, high: 0.6 };
const evaluation: EvalResult = {
  iteration: 0,
  task: 'arithmetic',
  questions: 2,
  samples: 4,
  mean: estimate,
  majority: estimate,
  greedy: estimate,
  forced: null,
  worked: null,
  meanTokens: 5,
  truncated: 0,
  perQuestion: [0.5, 0.5],
  perQuestionForced: null,
};

beforeAll(() => {
  const meta = { id: 'run', createdAt: '2026-01-01T00:00:00Z', version: '0.1.0', config: resolveConfig() };
  const store = createRun(dir, meta);
  store.commit({
    cursor: { iteration: 1, stage: 'train-solver', step: 0 },
    evaluation,
    metrics: [
      metric(0, 'baseline', 0, 'eval/mean', 0.1),
      metric(0, 'baseline', 1, 'eval/mean', 0.2),
      metric(1, 'vote', 0, 'pool/agreement', 0.3),
      metric(1, 'filter', 0, 'pool/agreement', 0.4),
      metric(1, 'train-solver', 0, 'solver/reward', 0.7),
      metric(1, 'train-solver', 1, 'solver/reward', Number.NaN),
      metric(2, 'filter', 0, 'pool/agreement', 0.6),
    ],
  });
  store.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('lists metrics with the number of their values', () => {
  expect(listCurves(dir).names).toEqual([
    { name: 'eval/mean', points: 1 },
    { name: 'pool/agreement', points: 2 },
    { name: 'solver/reward', points: 2 },
  ]);
});

it('returns steps in order, and null for what is not a number', () => {
  expect(readSeries(dir, ['solver/reward'])).toEqual([
    {
      name: 'solver/reward',
      iteration: [1, 1],
      stage: ['train-solver', 'train-solver'],
      step: [0, 1],
      value: [0.7, null],
      low: [],
      high: [],
    },
  ]);
});

it('takes the last value of an iteration where chunks compute it again, and scores with their intervals', () => {
  const [score, agreement, none] = readSeries(dir, ['eval/mean', 'pool/agreement', 'nothing']);
  expect(score).toMatchObject({ iteration: [0], value: [0.5], low: [0.4], high: [0.6] });
  expect(agreement).toMatchObject({ iteration: [1, 2], value: [0.4, 0.6], low: [] });
  expect(none).toEqual({ name: 'nothing', iteration: [], stage: [], step: [], value: [], low: [], high: [] });
});

it('throws StoreError for a folder without a run', () => {
  expect(() => listCurves(join(root, 'none'))).toThrow(StoreError);
});
