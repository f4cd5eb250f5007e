import { expect, it } from 'vitest';
import type { RunListing } from '../../store/runs.ts';
import { width } from '../render/format.ts';
import { listingLines } from './runs.ts';

const RUNS: RunListing[] = [
  {
    id: '2026-11-30-arith-base-02',
    dir: '/runs/2026-11-30-arith-base-02',
    created: '2026-11-30T02:43:10.000Z',
    model: 'models/arith-base',
    domain: 'arithmetic',
    cursor: { iteration: 1, stage: 'train-solver', step: 4 },
    iterations: 3,
    outcome: 'unfinished',
    score: { iteration: 0, mean: 0.371 },
  },
  {
    id: '2026-11-30-arith-base-01',
    dir: '/runs/2026-11-30-arith-base-01',
    created: '2026-11-29T02:43:10.000Z',
    model: 'models/arith-base',
    domain: 'arithmetic',
    cursor: { iteration: 1, stage: 'done', step: 0 },
    iterations: 1,
    outcome: 'finished',
    score: { iteration: 1, mean: 0.417 },
  },
  { id: 'old', dir: '/runs/old', outcome: 'broken', reason: 'run.db is damaged.' },
];

it('lists readable runs in a table, then broken ones with the reason', () => {
  const lines = listingLines(RUNS, 'runs', Infinity);
  const cells = lines.map((line) => line.split(/ {2,}/));
  expect(cells[0]).toEqual(['run', 'state', 'progress', 'held-out score', 'started', 'model']);
  expect(cells[2].slice(1, 4)).toEqual(['unfinished', 'iteration 1, stage 5', '37.1 % (base)']);
  expect(cells[3].slice(1, 4)).toEqual(['finished', '1 iteration', '41.7 % after 1']);
  expect(lines.at(-1)).toBe('old  broken: run.db is damaged.');
});

it('fits into 80 columns', () => {
  const lines = listingLines(RUNS, 'runs', 80);
  expect(lines.filter((line) => width(line) > 80)).toEqual([]);
  expect(lines).toHaveLength(5);
  expect(lines[0].split(/ {2,}/)).toEqual(['run', 'state', 'progress', 'held-out score']);
  const wide = listingLines(RUNS, 'runs', 100);
  expect(wide[0].split(/ {2,}/)).toEqual(['run', 'state', 'progress', 'held-out score', 'model']);
  expect(wide.join('\n')).toContain('arith-base');
});

it('names the folder when there are no runs', () => {
  expect(listingLines([], 'somewhere', 80)).toEqual(['No runs in somewhere. Start one with `rzero evolve`.']);
});
