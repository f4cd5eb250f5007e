import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { WorkQueue } from './work-queue.ts';

it('runs one job at a time, and lanes in turn', async () => {
  const queue = new WorkQueue(() => new RangeError('closed'));
  const log: string[] = [];
  let running = 0;
  const job = (name: string) => async () => {
    expect(++running).toBe(1);
    await pause(0);
    log.push(name);
    running--;
  };
  for (const at of [1, 2, 3]) queue.add('a', job(`a${at}`));
  for (const at of [1, 2]) queue.add('b', job(`b${at}`));
  await queue.do('c', job('c1'));
  await queue.do('a', async () => undefined);
  expect(log).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});

it('passes on results and errors', async () => {
  const queue = new WorkQueue(() => new RangeError('closed'));
  expect(await queue.do('a', async () => 5)).toBe(5);
  await expect(
    queue.do('a', async () => {
      throw new TypeError('no');
    }),
  ).rejects.toThrow(TypeError);
  expect(await queue.do('a', async () => 6)).toBe(6);
});

it('ends the running job when it is closed, and refuses others', async () => {
  const queue = new WorkQueue(() => new RangeError('closed'));
  const log: string[] = [];
  queue.add('a', async () => {
    await pause(10);
    log.push('first');
  });
  queue.add('a', async () => void log.push('second'));
  await queue.close();
  expect(log).toEqual(['first']);
  await expect(queue.do('a', async () => 1)).rejects.toThrow(RangeError);
});
