import { describe, expect, it } from 'vitest';
import { Futures, type Result } from './futures.ts';

const DONE: Result = { kind: 'json', value: { done: true } };
const NEVER = new AbortController().signal;

/** Futures with a clock that the test sets. */
function timed(limits = { keepMs: 1000, bytes: 1e9 }) {
  const clock = { now: 0 };
  return { clock, futures: new Futures(limits, () => clock.now) };
}

function big(bytes: number): Result {
  return { kind: 'forward', output: { outputType: 'scalar', logprobs: [new Float32Array(bytes / 4)], metrics: {} } };
}

describe('a future', () => {
  it('is found by its id, also after it was read', () => {
    const { futures } = timed();
    const future = futures.create('m');
    expect(futures.find(future.id)).toMatchObject({ modelId: 'm', result: null });
    futures.settle(future, DONE);
    futures.markRead(future);
    expect(futures.find(future.id)).toMatchObject({ result: DONE });
  });

  it('keeps its first result', () => {
    const { futures } = timed();
    const future = futures.create(null);
    futures.settle(future, DONE);
    futures.settle(future, { kind: 'failed', error: 'late', category: 'user' });
    expect(future.result).toBe(DONE);
  });

  it('wakes all who wait for it, and no others', async () => {
    const { futures } = timed();
    const [future, other] = [futures.create(null), futures.create(null)];
    const waits = [1, 2, 3].map(() => futures.wait(future, 60_000, NEVER));
    let woken = false;
    const aborted = new AbortController();
    const elsewhere = futures.wait(other, 60_000, aborted.signal).then(() => (woken = true));
    futures.settle(future, DONE);
    await Promise.all(waits);
    expect(woken).toBe(false);
    aborted.abort();
    await elsewhere;
    await futures.wait(other, 1, NEVER);
    await futures.wait(other, 60_000, AbortSignal.abort());
  });
});

describe('a result', () => {
  it('is dropped after its time, and its id is known as gone', () => {
    const { futures, clock } = timed();
    let dropped = 0;
    const [first, second] = [futures.create(null, () => dropped++), futures.create(null)];
    futures.settle(first, DONE);
    clock.now = 600;
    futures.settle(second, DONE);
    const pending = futures.create(null);
    clock.now = 1200;
    futures.sweep();
    expect(dropped).toBe(1);
    expect(futures.find(first.id)).toBe('gone');
    expect(futures.find(second.id)).toBe(second);
    clock.now = 1e9;
    futures.sweep();
    expect(futures.find(second.id)).toBe('gone');
    expect(futures.find(pending.id)).toBe(pending);
  });

  it('is dropped when memory is short: first one that was read, then the oldest, never the newest', () => {
    const { futures } = timed({ keepMs: 1e9, bytes: 10_000 });
    const [a, b, c, d] = [1, 2, 3, 4].map(() => futures.create(null));
    futures.settle(a, big(4000));
    futures.settle(b, big(4000));
    futures.markRead(b);
    futures.settle(c, big(4000));
    expect([a, b, c].map(({ id }) => futures.find(id) === 'gone')).toEqual([false, true, false]);
    futures.settle(d, big(40_000));
    expect([a, b, c, d].map(({ id }) => futures.find(id) === 'gone')).toEqual([true, true, true, false]);
  });
});

describe('other ids', () => {
  it('are unknown, or gone if an earlier process may have given them', () => {
    const { futures } = timed();
    const { id } = futures.create(null);
    const [boot] = id.split('-');
    expect(futures.find(`${boot}-2`)).toBe('unknown');
    expect(futures.find('0123abcd-7')).toBe(boot === '0123abcd' ? 'unknown' : 'gone');
    for (const wrong of ['', 'abc', '987654321', `${id} `, `${id}-0`, '../x', `${boot}-1e3`]) {
      expect(futures.find(wrong)).toBe('unknown');
    }
  });
});

it('all that are pending fail together', () => {
  const { futures } = timed();
  const [done, pending] = [futures.create(null), futures.create(null)];
  futures.settle(done, DONE);
  futures.failAll('stopped');
  expect(done.result).toBe(DONE);
  expect(pending.result).toEqual({ kind: 'failed', error: 'stopped', category: 'server' });
});
