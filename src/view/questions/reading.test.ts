import { describe, expect, it } from 'vitest';
import type { Estimate } from '../../types.ts';
import { readPoolsView } from './reading.ts';
import type { PoolView } from './types.ts';

/** A value with an interval of 0.1 on both sides. */
function sure(value: number): Estimate {
  return { value, low: value - 0.1, high: value + 0.1 };
}

interface Means {
  difficulty?: number | null;
  agreement?: number;
  illPosed?: number;
  familiar?: number | null;
  valid?: number;
}

function pool(iteration: number, means: Means = {}): PoolView {
  const {
    difficulty = 2,
    agreement = 0.5,
    illPosed = 0.1,
    familiar = iteration === 1 ? null : 0.5,
    valid = 100,
  } = means;
  const spread = (value: number) => ({ n: valid, mean: sure(value), bins: [] });
  return {
    iteration,
    posed: valid,
    valid,
    kept: null,
    illPosed: { share: sure(illPosed), of: valid },
    labelRight: null,
    computed: false,
    agreement: spread(agreement),
    difficulty: difficulty === null ? null : spread(difficulty),
    length: spread(50),
    alike: spread(0.5),
    familiar: familiar === null ? null : spread(familiar),
    typical: [],
    unusual: [],
  };
}

const verdictOf = (...pools: PoolView[]) => readPoolsView({ pools })?.verdict;

describe('the reading of the pools', () => {
  it('needs two pools with enough questions', () => {
    expect(readPoolsView({ pools: [] })).toBeNull();
    expect(readPoolsView({ pools: [pool(1)] })).toBeNull();
    expect(verdictOf(pool(1), pool(2, { difficulty: 9, valid: 19 }))).toBe('unknown');
    expect(verdictOf(pool(1), pool(2, { difficulty: 9, valid: 20 }))).toBe('harder');
  });

  it('counts a change only if its interval excludes zero', () => {
    // Two intervals of 0.1 make one of 0.141 for the difference.
    expect(verdictOf(pool(1), pool(2, { difficulty: 2.14 }))).toBe('neither');
    expect(verdictOf(pool(1), pool(2, { difficulty: 2.15 }))).toBe('harder');
    expect(verdictOf(pool(1), pool(2, { difficulty: 1.8 }))).toBe('easier');
    const reading = readPoolsView({ pools: [pool(1), pool(2, { difficulty: 3 })] });
    const difficulty = reading?.changes.find(({ name }) => name === 'difficulty');
    expect(difficulty).toMatchObject({ first: 2, last: 3, direction: 'up' });
    expect(difficulty?.difference.low).toBeCloseTo(1 - Math.SQRT2 / 10, 12);
  });

  it('calls questions stranger if more are ill-posed, or fewer are like those before', () => {
    expect(verdictOf(pool(1), pool(2, { illPosed: 0.4 }))).toBe('stranger');
    expect(verdictOf(pool(1), pool(2, { difficulty: 4, illPosed: 0.4 }))).toBe('both');
    expect(verdictOf(pool(1), pool(2), pool(3, { familiar: 0.2 }))).toBe('stranger');
  });

  it('compares the likeness to earlier pools from the second pool on, which is the first to have any', () => {
    const names = (...pools: PoolView[]) => readPoolsView({ pools })?.changes.map(({ name }) => name);
    expect(names(pool(1), pool(2))).not.toContain('familiar');
    expect(names(pool(1), pool(2), pool(3))).toContain('familiar');
  });

  it('takes the agreement where difficulty is not measured, but not if the questions are stranger too', () => {
    const first = pool(1, { difficulty: null });
    expect(verdictOf(first, pool(2, { difficulty: null, agreement: 0.2 }))).toBe('harder');
    expect(verdictOf(first, pool(2, { difficulty: null, agreement: 0.8 }))).toBe('easier');
    expect(verdictOf(first, pool(2, { difficulty: null, agreement: 0.2, illPosed: 0.5 }))).toBe('unknown');
    // A measured difficulty decides against the agreement, which depends on the Solver.
    expect(verdictOf(pool(1), pool(2, { agreement: 0.1 }))).toBe('neither');
  });
});
