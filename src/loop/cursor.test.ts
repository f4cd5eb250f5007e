import { expect, it } from 'vitest';
import { STAGES } from '../roles.ts';
import type { Cursor, StageName } from '../types.ts';
import { after, chunkCount, chunkOf, committedSteps, START } from './cursor.ts';

const TURN = ['train-challenger', 'propose', 'vote', 'filter', 'train-solver', 'evaluate'] as const;
const PLAN = { stages: STAGES, config: { iterations: 3 } };

it('visits every stage of every iteration, from the baseline to the end', () => {
  const seen: string[] = [];
  let cursor: Cursor = START;
  while (cursor.stage !== 'done') {
    seen.push(`${cursor.iteration} ${cursor.stage} ${cursor.step}`);
    cursor = after(PLAN, { ...cursor, steps: 2 });
  }
  const steps = (iteration: number, stage: string): string[] => [`${iteration} ${stage} 0`, `${iteration} ${stage} 1`];
  expect(seen).toEqual([
    ...steps(0, 'baseline'),
    ...[1, 2, 3].flatMap((iteration) => TURN.flatMap((stage) => steps(iteration, stage))),
  ]);
  expect(cursor).toEqual({ iteration: 3, stage: 'done', step: 0 });
});

it('skips a stage without steps', () => {
  expect(after(PLAN, { iteration: 2, stage: 'vote', step: 0, steps: 0 })).toEqual({
    iteration: 2,
    stage: 'filter',
    step: 0,
  });
});

it('counts the committed steps of a stage', () => {
  const committed = (cursor: Cursor, iteration: number, stage: StageName): number =>
    committedSteps({ store: { cursor: () => cursor }, stages: STAGES }, iteration, stage);
  const cursor: Cursor = { iteration: 2, stage: 'vote', step: 3 };
  expect(committed(cursor, 2, 'vote')).toBe(3);
  expect(committed(cursor, 2, 'propose')).toBe(Infinity);
  expect(committed(cursor, 1, 'evaluate')).toBe(Infinity);
  expect(committed(cursor, 0, 'baseline')).toBe(Infinity);
  expect(committed(cursor, 2, 'filter')).toBe(0);
  expect(committed(cursor, 3, 'train-challenger')).toBe(0);
  expect(committed(START, 0, 'baseline')).toBe(0);
  expect(committed({ iteration: 2, stage: 'done', step: 0 }, 2, 'evaluate')).toBe(Infinity);
});

it('splits items into chunks without loss or repetition', () => {
  const items = [1, 2, 3, 4, 5];
  expect(chunkCount(5, 2)).toBe(3);
  expect([0, 1, 2].flatMap((chunk) => chunkOf(items, 2, chunk))).toEqual(items);
  expect(chunkCount(0, 2)).toBe(0);
});
