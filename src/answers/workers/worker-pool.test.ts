import { afterEach, describe, expect, it } from 'vitest';
import { GradingError } from '../../errors.ts';
import { WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';

const url = new URL('../../../test/fixtures/workers/moody-worker.ts', import.meta.url);

describe('WorkerPool', () => {
  const pools: WorkerPool<string, string>[] = [];
  const open = (options: WorkerPoolOptions, module = url): WorkerPool<string, string> => {
    const pool = new WorkerPool<string, string>(module, options);
    pools.push(pool);
    return pool;
  };
  afterEach(async () => {
    await Promise.all(pools.splice(0).map((pool) => pool.close()));
  });

  it('kills a task at its deadline and runs the queued ones', async () => {
    const pool = open({ deadlineMs: 3000 });
    const outcomes = await Promise.all(['a', 'spin', 'b'].map((task) => pool.run(task)));
    expect(outcomes).toEqual([{ kind: 'reply', reply: 'a' }, { kind: 'timeout' }, { kind: 'reply', reply: 'b' }]);
    expect(pool.started).toBe(2);
  });

  it('survives a thread that runs out of memory or exits', async () => {
    const pool = open({ deadlineMs: 30_000, memoryMb: 32 });
    expect(await pool.run('hoard')).toEqual({ kind: 'died', first: true });
    expect(await pool.run('c')).toEqual({ kind: 'reply', reply: 'c' });
    expect(await pool.run('exit')).toEqual({ kind: 'died', first: false });
    expect(await pool.run('d')).toEqual({ kind: 'reply', reply: 'd' });
  });

  it('does not count the start of the thread against the deadline', async () => {
    const slow = new URL('?start=6000', url);
    const pool = open({ deadlineMs: 3000 }, slow);
    expect(await pool.run('a')).toEqual({ kind: 'reply', reply: 'a' });
    await expect(open({ startMs: 100 }, slow).run('a')).rejects.toThrow(/not ready within 100 ms/);
  });

  it('replaces the thread after a number of tasks', async () => {
    const pool = open({ deadlineMs: 30_000, tasksPerWorker: 2 });
    for (const task of ['a', 'b', 'c']) await pool.run(task);
    expect(pool.started).toBe(2);
  });

  it('throws if the thread cannot start, and after close', async () => {
    await expect(open({}, new URL('./no-such-worker.ts', import.meta.url)).run('a')).rejects.toThrow(GradingError);
    const pool = open({});
    await pool.close();
    await expect(pool.run('a')).rejects.toThrow(/closed/);
  });
});
