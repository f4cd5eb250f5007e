import { expect, it } from 'vitest';
import { evaluation } from '../../test/fixtures/run-summary.ts';
import { resolveConfig } from '../config/load.ts';
import type { EvalResult } from '../types.ts';
import { createMemoryRun } from './memory.ts';
import { headlineEvaluations } from './headline-evaluations.ts';

it('returns one evaluation per iteration: the domain’s own test, or else the first one', () => {
  const meta = { id: 'r', createdAt: '', version: '0', config: resolveConfig({ flags: { domain: 'math' } }) };
  const store = createMemoryRun('/nowhere', meta);
  const of = (iteration: number, task: string): EvalResult => ({ ...evaluation(iteration, 0.5, null), task });
  for (const one of [of(0, 'data'), of(0, 'math'), of(0, 'zebra'), of(1, 'zebra'), of(1, 'data')]) {
    store.commit({ cursor: store.cursor(), evaluation: one });
  }
  expect(headlineEvaluations(store).map(({ iteration, task }) => [iteration, task])).toEqual([
    [0, 'math'],
    [1, 'data'],
  ]);
});
