/** A driver that aborts ends the process of the engine, not the one that uses it. */

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Engine, Policy } from '../../src/engine/engine.ts';
import { createLocalEngine } from '../../src/engine/local/index.ts';
import { toExample } from '../../src/grpo/batch.ts';
import { writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';

const EXAMPLE = toExample(Int32Array.of(1, 2), Int32Array.of(3, 4));
const SIZES = { threads: 1, slots: 2, microBatchTokens: 64 };
let place: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'rzero-gpu-'));
  await writeRandomCheckpoint(join(place, 'base'), { maxPositions: 16 });
});
afterAll(() => rm(place, { recursive: true, force: true }));

async function open(): Promise<{ engine: Engine; policy: Policy }> {
  const engine = await createLocalEngine({ ...SIZES, device: 'webgpu' });
  const policy = await engine.openPolicy({ from: { kind: 'base', path: join(place, 'base') }, optimizer: 'fresh' });
  return { engine, policy };
}

function childProcesses(): string[] {
  const pids = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' });
  return pids.split('\n').flatMap((line) => (line.includes('worker.ts') ? [line.trim().split(' ')[0]] : []));
}

it('ends the running call with an error that says what to do, and lets another engine start', async () => {
  const { engine, policy } = await open();
  const [child] = childProcesses();
  const running = policy.accumulate([EXAMPLE], [Float32Array.from(EXAMPLE.mask)]);
  process.kill(Number(child), 'SIGABRT');
  await expect(running).rejects.toMatchObject({
    name: 'EngineError',
    kind: 'lost-policy',
    message: expect.stringMatching(/was ended by SIGABRT.*\n.*--device cpu/s),
  });
  await expect(
    policy.step({ learningRate: 1, beta1: 0.9, beta2: 0.9, epsilon: 1, weightDecay: 0, clip: 0 }),
  ).rejects.toMatchObject({ kind: 'lost-policy' });
  await engine.close();
  expect(childProcesses()).toEqual([]);

  const again = await open();
  const { positions } = await again.policy.accumulate([EXAMPLE], [Float32Array.from(EXAMPLE.mask)]);
  expect(positions).toBe(2);
  await again.engine.close();
});
