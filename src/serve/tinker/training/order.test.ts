import fc from 'fast-check';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { Order, type Turn } from './order.ts';

const LONG = 60_000;

/** An order whose turns log what happens to them. */
function logged(gapMs = LONG) {
  const log: string[] = [];
  const order = new Order({ gapMs, onGap: (missing, { seq }) => log.push(`gap ${missing} before ${seq}`) });
  const turn = (seq: number, reading = false): Turn => ({
    seq,
    reading,
    run: async () => {
      log.push(`start ${seq}`);
      await pause(0);
      log.push(`end ${seq}`);
    },
    fail: (why) => log.push(`fail ${seq}: ${why}`),
  });
  const until = async (text: string): Promise<void> => {
    while (!log.includes(text)) await pause(1);
  };
  return { order, log, turn, until };
}

const ran = (...numbers: number[]): string[] => numbers.flatMap((seq) => [`start ${seq}`, `end ${seq}`]);

describe('requests', () => {
  it('run one at a time in the order of their numbers, whatever the order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7], { minLength: 7 }),
        fc.subarray([1, 2, 3, 4, 5, 6]),
        async (arrival, refused) => {
          const { order, log, turn, until } = logged();
          for (const seq of arrival) {
            if (refused.includes(seq)) order.skip(seq);
            else order.add(turn(seq));
          }
          await until('end 7');
          expect(log).toEqual(ran(...[1, 2, 3, 4, 5, 6, 7].filter((seq) => !refused.includes(seq))));
          expect(order.next).toBe(8);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('wait while a number is missing', async () => {
    const { order, log, turn, until } = logged();
    order.add(turn(3));
    order.add(turn(1));
    await until('end 1');
    await pause(20);
    expect(log).toEqual(ran(1));
    expect(order.waiting).toBe(1);
    order.add(turn(2));
    await until('end 3');
    expect(log).toEqual(ran(1, 2, 3));
    order.close('');
  });

  it('fail when the order is closed', async () => {
    const { order, log, turn, until } = logged();
    order.add(turn(1));
    order.add(turn(2));
    order.add(turn(9));
    order.close('closed');
    await until('end 1');
    await pause(5);
    expect(log).toEqual(['start 1', 'fail 2: closed', 'fail 9: closed', 'end 1']);
  });
});

describe('a missing number', () => {
  it('is waited for, then reported, and the next request runs', async () => {
    const { order, log, turn, until } = logged(20);
    order.add(turn(2));
    order.add(turn(3));
    await until('end 3');
    expect(log).toEqual(['gap 1 before 2', ...ran(2, 3)]);
    expect(order.next).toBe(4);
  });

  it('does not hold up a save, and may still come after it', async () => {
    const { order, log, turn, until } = logged(20);
    order.add(turn(9000, true));
    await until('end 9000');
    expect(order.next).toBe(1);
    order.add(turn(1));
    await until('end 1');
    expect(log).toEqual(ran(9000, 1));
    for (let seq = 2; seq < 9000; seq++) order.skip(seq);
    expect(order.next).toBe(9001);
  });

  it('is waited for once by all saves behind it, not once by each', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const { order, log, turn } = logged(40);
      order.add(turn(10, true));
      order.add(turn(20, true));
      await vi.advanceTimersByTimeAsync(39);
      expect(log).toEqual([]);
      // The rest of a wait is computed from fractions of milliseconds, and may be rounded up.
      await vi.advanceTimersByTimeAsync(5);
      vi.useRealTimers();
      await vi.waitFor(() => expect(log).toEqual(ran(10, 20)));
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not missing while an earlier request runs', async () => {
    const { order, log, until } = logged(10);
    const note = (seq: number, ms: number): Turn => ({
      seq,
      reading: false,
      run: async () => {
        await pause(ms);
        log.push(`end ${seq}`);
      },
      fail: () => {},
    });
    order.add(note(1, 60));
    order.add(note(3, 0));
    await until('end 1');
    order.add(note(2, 0));
    await until('end 3');
    expect(log).toEqual(['end 1', 'end 2', 'end 3']);
  });
});

it('is untouched until a number was used', () => {
  const { order, turn } = logged();
  expect(order.untouched).toBe(true);
  order.add(turn(5));
  expect(order.untouched).toBe(false);
  order.close('');
  const other = logged().order;
  other.skip(1);
  expect(other.untouched).toBe(false);
});
