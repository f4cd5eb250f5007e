import { describe, expect, it } from 'vitest';
import { TASKS } from './benchmarks/index.ts';
import { averageEach } from './summarize.ts';

const score = (name: string, value: number) => ({ name, estimate: { value, low: value - 0.1, high: value + 0.1 } });

describe('averagesOf', () => {
  it('weighs the seven math tasks equally, and MATH AVG as one of four', () => {
    const scored = TASKS.map(({ name, group }, at) => score(name, group === 'math' ? at / 10 : 0.5));
    const [math, general, overall] = averageEach(scored);
    expect(math.estimate?.value).toBeCloseTo(0.3);
    expect(math.of).toHaveLength(7);
    expect(general.estimate?.value).toBeCloseTo(0.5);
    expect(overall.estimate?.value).toBeCloseTo((0.3 + 3 * 0.5) / 4);
    // Independent tasks: the half width of the mean of seven is 0.1/√7.
    expect((math.estimate?.high ?? 0) - 0.3).toBeCloseTo(0.1 / Math.sqrt(7));
  });

  it("matches the paper's averages of its base model", () => {
    // The paper's table for the Qwen3-4B base, first version.
    const base = {
      amc23: 45.7,
      minerva: 38.24,
      math500: 68.2,
      gsm8k: 87.79,
      olympiad: 41.04,
      aime25: 6.15,
      aime24: 10.94,
    };
    const general = { supergpqa: 20.88, 'mmlu-pro': 37.38, bbeh: 7.57 };
    const averages = averageEach(Object.entries({ ...base, ...general }).map(([name, value]) => score(name, value)));
    expect(averages[0].estimate?.value).toBeCloseTo(42.58, 2);
    expect(averages[2].estimate?.value).toBeCloseTo(27.1, 2);
  });

  it('lists missing tasks instead of averaging the rest', () => {
    const [math, , overall] = averageEach([score('gsm8k', 1)]);
    expect(math.estimate).toBeNull();
    expect(math.missing).toHaveLength(6);
    expect(overall.missing).toContain('MATH AVG');
  });
});
