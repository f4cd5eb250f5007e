import { expect, it } from 'vitest';
import type { RunCard } from '../../../../src/view/runs/types.ts';
import { progressOf, search, sorted } from './order.ts';

const card = (id: string, change: Partial<RunCard> = {}): RunCard => ({
  id,
  state: 'finished',
  problem: null,
  created: null,
  model: 'models/arith-base',
  domain: 'arithmetic',
  cursor: null,
  iterations: 3,
  scores: [],
  gain: null,
  ...change,
});
const score = (value: number): Partial<RunCard> => ({
  scores: [{ iteration: 0, mean: { value, low: value, high: value } }],
});
const ids = (runs: readonly RunCard[]): string[] => runs.map(({ id }) => id);

it('finds runs by all words, in name, model, domain and state', () => {
  const runs = [card('one'), card('two', { state: 'too-few-questions' }), card('three', { domain: 'math' })];
  expect(ids(search(runs, 'TWO few'))).toEqual(['two']);
  expect(ids(search(runs, 'arith-base math'))).toEqual(['three']);
  expect(ids(search(runs, ' '))).toEqual(['one', 'two', 'three']);
});

it('sorts the newest and the best first, unknown ones last', () => {
  const runs = [
    card('b', { created: '2026-01-01', ...score(0.2) }),
    card('c', { created: '2026-02-01' }),
    card('a', { created: '2026-01-15', ...score(0.5) }),
  ];
  expect(ids(sorted(runs, 'started'))).toEqual(['c', 'a', 'b']);
  expect(ids(sorted(runs, 'score'))).toEqual(['a', 'b', 'c']);
  expect(ids(sorted(runs, 'name'))).toEqual(['a', 'b', 'c']);
});

it('counts the iterations that are done', () => {
  const at = (iteration: number, stage: string): RunCard => card('x', { cursor: { iteration, stage, step: 0 } });
  expect(progressOf(at(0, 'baseline'))).toEqual({ done: 0, of: 3 });
  expect(progressOf(at(2, 'vote'))).toEqual({ done: 1, of: 3 });
  expect(progressOf(at(3, 'done'))).toEqual({ done: 3, of: 3 });
  expect(progressOf(card('x'))).toBeNull();
});
