import { expect, it } from 'vitest';
import type { StageView } from '../../../../src/view/runs/types.ts';
import { connections, placeStages } from './lanes.ts';

const stage = (name: string, role: string | null): StageView => ({
  stage: name,
  title: name,
  role,
  state: 'done',
  done: 1,
  steps: 1,
  seconds: 1,
  remaining: null,
  metrics: {},
});
const roles = [
  { name: 'challenger', title: 'Challenger' },
  { name: 'solver', title: 'Solver' },
];

it('puts every stage into the lane of its role, and one without a role across', () => {
  const placed = placeStages([stage('a', 'challenger'), stage('b', null), stage('c', 'solver')], roles);
  expect(placed.map(({ column, lane }) => [column, lane])).toEqual([
    [0, 0],
    [1, null],
    [2, 1],
  ]);
  expect(connections(placed, 2).map(({ path, to }) => [to.stage, path])).toEqual([
    ['b', 'M0.5 0.5C1 0.5 1 1 1.5 1'],
    ['c', 'M1.5 1C2 1 2 1.5 2.5 1.5'],
  ]);
});
