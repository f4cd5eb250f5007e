import { expect, it } from 'vitest';
import type { Series } from '../../../../src/view/curves/types.ts';
import { groupsOf, metricsOf } from './catalog.ts';
import { boundariesOf, linesOf } from './lines.ts';

const series = (name: string, values: readonly [iteration: number, step: number, value: number | null][]): Series => ({
  name,
  iteration: values.map(([iteration]) => iteration),
  stage: values.map(() => 'train-solver'),
  step: values.map(([, step]) => step),
  value: values.map(([, , value]) => value),
  low: [],
  high: [],
});
const reward = series('solver/reward', [
  [1, 0, 0.1],
  [1, 1, 0.2],
  [2, 0, 0.3],
]);
const spread = series('solver/reward_std', [
  [1, 0, 0.05],
  [1, 1, null],
  [2, 0, 0.1],
]);
const run = { id: 'a', series: new Map([reward, spread].map((one) => [one.name, one])) };
const [group] = groupsOf(['time/seconds', 'solver/reward', 'solver/reward_std', 'solver/nonsense']);

it('groups the metrics that exist, by role', () => {
  expect(group).toMatchObject({ key: 'solver', title: 'Solver in training', once: false });
  expect(group.charts.map(({ title }) => title)).toEqual(['Reward']);
  expect(metricsOf([group])).toEqual(['solver/reward', 'solver/reward_std']);
  const roles = groupsOf(['verifier/reward', 'pool/agreement', 'eval/mean']);
  expect(roles.map(({ key }) => key)).toEqual(['score', 'verifier', 'pool']);
  const judged = groupsOf(['verifier/loss', 'verdicts/caught/answer', 'verdicts/yes']);
  expect(judged.map(({ key, once }) => [key, once])).toEqual([
    ['verifier', false],
    ['verdicts', true],
  ]);
});

it('puts the steps of all iterations in a row, and marks where an iteration begins', () => {
  const [line] = linesOf(group.charts[0], group, [run]);
  expect(line.x).toEqual([1, 2, 3]);
  expect(line.place(2)).toBe('iteration 2, step 1');
  expect(boundariesOf(group, run)).toEqual([
    { x: 0.5, label: 'iteration 1' },
    { x: 2.5, label: 'iteration 2' },
  ]);
});

it('draws a standard deviation as a band', () => {
  const [{ low, high, hasBand }] = linesOf(group.charts[0], group, [run]);
  expect(hasBand).toBe(true);
  expect(low.map((value) => value?.toFixed(2))).toEqual(['0.05', undefined, '0.20']);
  expect(high.map((value) => value?.toFixed(2))).toEqual(['0.15', undefined, '0.40']);
});

it('distinguishes runs by colour and dashes', () => {
  const lines = linesOf(group.charts[0], group, [run, { ...run, id: 'b' }]);
  expect(lines.map((line) => line.run)).toEqual(['a', 'b']);
  expect(new Set(lines.map(({ colour }) => colour)).size).toBe(2);
  expect(lines[1].dash).not.toEqual(lines[0].dash);
});
