import { describe, expect, it } from 'vitest';
import type { Metric } from '../../types.ts';
import { heldOutPoints, pointsOf } from './series.ts';
import { loggedRows } from './trackio.ts';

const metric = (iteration: number, stage: string, step: number, name: string, value = 0): Metric => ({
  iteration,
  stage,
  step,
  name,
  value,
});
const places = (metrics: Metric[]) => pointsOf(metrics).map(({ tag, at }) => [tag, at]);

describe('curves', () => {
  it('count the steps of training over all iterations', () => {
    const steps = [
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
      [2, 2],
    ];
    const metrics = steps.map(([iteration, step]) => metric(iteration, 'train-solver', step, 'solver/reward'));
    expect(pointsOf(metrics).map(({ at }) => at)).toEqual([1, 2, 3, 4, 5]);
    expect(pointsOf(metrics).map(({ iteration, step }) => [iteration, step])).toEqual(steps);
  });

  it('count iterations where there is one value for each', () => {
    expect(places([metric(1, 'filter', 0, 'pool/kept'), metric(3, 'filter', 0, 'pool/kept')])).toEqual([
      ['pool/kept', 1],
      ['pool/kept', 3],
    ]);
  });

  it('join the first evaluation to the later ones', () => {
    const metrics = [metric(0, 'baseline', 0, 'eval/mean'), metric(1, 'evaluate', 0, 'eval/mean')];
    expect(places(metrics)).toEqual([
      ['eval/mean', 0],
      ['eval/mean', 1],
    ]);
  });

  it('are separate for every stage that uses a name', () => {
    const metrics = [metric(1, 'vote', 0, 'time/seconds'), metric(1, 'filter', 0, 'time/seconds')];
    expect(places(metrics)).toEqual([
      ['time/seconds/vote', 1],
      ['time/seconds/filter', 1],
    ]);
  });

  it('have the held-out scores with their bounds, and none without questions', () => {
    const score = { value: 0.5, low: 0.4, high: 0.6 };
    const result = {
      iteration: 2,
      task: 'arithmetic',
      questions: 10,
      samples: 4,
      mean: score,
      majority: score,
      greedy: score,
      forced: null,
      worked: null,
      meanTokens: 1,
      truncated: 0,
      perQuestion: [],
      perQuestionForced: null,
    };
    const points = heldOutPoints([result, { ...result, questions: 0 }]);
    expect(points.map(({ tag, at, value }) => [tag, at, value]).slice(0, 3)).toEqual([
      ['held_out/arithmetic/mean', 2, 0.5],
      ['held_out/arithmetic/mean/low', 2, 0.4],
      ['held_out/arithmetic/mean/high', 2, 0.6],
    ]);
    expect(points).toHaveLength(9);
  });
});

describe('rows for trackio', () => {
  it('hold the values of one commit together, without those that are no numbers', () => {
    const metrics = [
      metric(1, 'train-solver', 0, 'a', 1),
      metric(1, 'train-solver', 0, 'b', 2),
      metric(1, 'train-solver', 0, 'c', Number.NaN),
      metric(1, 'train-solver', 1, 'a', 3),
      metric(1, 'train-solver', 1, 'b', 4),
      metric(1, 'train-solver', 1, 'c', 5),
    ];
    const rows = loggedRows(pointsOf(metrics).map((point) => ({ ...point, seconds: 1 })));
    expect(rows).toEqual([
      { timestamp: '1970-01-01T00:00:01.000Z', step: 1, metrics: '{"a":1,"b":2}' },
      { timestamp: '1970-01-01T00:00:01.000Z', step: 2, metrics: '{"a":3,"b":4,"c":5}' },
    ]);
  });
});
