import { describe, expect, it } from 'vitest';
import { measureUntil } from './until.ts';

describe('alternating until a time is over', () => {
  it('measures every contestant in turn, without its first round', async () => {
    const order: string[] = [];
    const contestant = (name: string) => async () => order.push(name);
    const { seconds, missing } = await measureUntil(
      { a: contestant('a'), b: contestant('b') },
      { rounds: 2, deadline: Infinity },
    );
    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(seconds).toEqual({ a: [3, 5], b: [4, 6] });
    expect(missing).toEqual({});
  });

  it('starts no round after the deadline, and says who has none', async () => {
    let clock = 0;
    const takes = (seconds: number) => async () => {
      clock += seconds;
      return seconds;
    };
    const options = { rounds: 3, deadline: 5, now: () => clock };
    expect(await measureUntil({ fast: takes(1), slow: takes(3) }, options)).toEqual({
      seconds: { fast: [1] },
      missing: { slow: 'the time was over' },
    });
  });

  it('leaves out a contestant that fails, with its reason', async () => {
    const fails = () => Promise.reject(new Error('The memory of the GPU is full.\nLower it.'));
    const timed = await measureUntil({ fails, works: async () => 2 }, { rounds: 1, deadline: Infinity });
    expect(timed).toEqual({ seconds: { works: [2] }, missing: { fails: 'The memory of the GPU is full.' } });
  });
});
