import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { spawnWorker } from '../../worker-host.ts';
import { closeGate, createGate, passGate } from './native-gate.ts';

const WORKER = new URL('../../../test/fixtures/workers/gated-worker.ts', import.meta.url);
const GATE = new URL('native-gate.ts', import.meta.url).href;

it('waits for the running call, and lets no further one begin', { timeout: 60_000 }, async () => {
  const gate = createGate();
  const hold = new Int32Array(new SharedArrayBuffer(8));
  const worker = spawnWorker(WORKER, { workerData: { gate, hold } });
  await once(worker, 'message');
  expect(closeGate(gate, 20)).toBe(false);
  Atomics.store(hold, 0, 1);
  Atomics.notify(hold, 0);
  expect(closeGate(gate)).toBe(true);
  // The thread waits at the gate for its end.
  await worker.terminate();
  expect(hold[1]).toBe(0);
});

it('waits for the calls of all threads', { timeout: 60_000 }, async () => {
  const gate = createGate();
  const holds = [0, 1].map(() => new Int32Array(new SharedArrayBuffer(8)));
  const workers = holds.map((hold) => spawnWorker(WORKER, { workerData: { gate, hold } }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  for (const hold of holds) {
    expect(closeGate(gate, 20)).toBe(false);
    Atomics.store(hold, 0, 1);
    Atomics.notify(hold, 0);
  }
  expect(closeGate(gate)).toBe(true);
  await Promise.all(workers.map((worker) => worker.terminate()));
  expect(holds.map((hold) => hold[1])).toEqual([0, 0]);
});

it('is open until the process exits, also after a call that fails', async () => {
  const gate = createGate();
  await expect(passGate(gate, async () => 7)).resolves.toBe(7);
  await expect(passGate(gate, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(passGate(null, async () => 8)).resolves.toBe(8);
  expect(closeGate(gate, 0)).toBe(true);
});

it('ends a process whose call takes too long by the signal that its exit code stands for', { timeout: 60_000 }, () => {
  const code = `
    import { closeGateAtExit, createGate, passGate } from ${JSON.stringify(GATE)};
    const gate = createGate();
    closeGateAtExit(gate, 50);
    void passGate(gate, () => new Promise(() => {}));
    process.on('SIGTERM', () => undefined);
    process.exit(143);`;
  const { signal, status } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code]);
  expect({ signal, status }).toEqual({ signal: 'SIGTERM', status: null });
});
