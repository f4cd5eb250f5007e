/**
 * Training through a service whose traffic is disturbed: 200 seeded schedules of faults, and each run ends with the same
 * log-probabilities, to the last bit, as the run that nothing disturbs.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/load.ts';
import type { Engine, Example, PolicyOptions, StateRef } from '../../src/engine/engine.ts';
import { tinkerEngine } from '../../src/engine/tinker/engine.ts';
import type { TinkerConfig } from '../../src/engine/tinker/kind.ts';
import { connect } from '../../src/engine/tinker/transport/connect.ts';
import type { Clock } from '../../src/engine/tinker/transport/exchange/clock.ts';
import { writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';
import { type FaultProxy, faultCounts, startFaultProxy } from './fault-proxy.ts';
import { FAULTS, type Fault } from './fault-schedule.ts';
import { SERVED_MODEL, type Served, serveFolder } from './served.ts';

const SCHEDULES = 200;
/** Every so many schedules may restart the service, which takes longer than a whole training. */
const RESTART_EVERY = 9;
/** Schedules that run at the same time, each against a server of its own. */
const LANES = 4;
const RATE = 0.12;
/** The client's waits are shortened by this factor. */
const HASTE = 50;

let root: string;
let folder: string;
let lanes: Lane[];

const FRESH = (): PolicyOptions => ({
  from: { kind: 'base', path: folder },
  optimizer: 'fresh',
  adapt: { kind: 'lora', rank: 2, alpha: 32, seed: 3, targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'] },
});

/** A server with its proxy and its client. */
interface Lane {
  name: string;
  proxy: FaultProxy;
  engine: Engine;
  /** A new adapter, saved: to start from it costs less than from the base. */
  start: StateRef;
  close(): Promise<void>;
}

const hasty: Clock = {
  now: () => performance.now() * HASTE,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(done, ms / HASTE);
      signal?.addEventListener('abort', done, { once: true });
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      }
      if (signal?.aborted === true) done();
    }),
};

async function openLane(name: string): Promise<Lane> {
  const checkpoints = join(root, name, 'checkpoints');
  let server: Served = await serveFolder(folder, checkpoints);
  const proxy = await startFaultProxy({
    upstream: () => server.url,
    seed: 0,
    rate: 0,
    faults: [],
    times: { delay: 20, hold: 40, down: 40, slow: 1 },
    restart: async () => {
      await server.close();
      server = await serveFolder(folder, checkpoints);
    },
  });
  const { engine: config } = resolveConfig({
    flags: { engine: { kind: 'tinker', url: proxy.url, model: SERVED_MODEL, patience: 3600 } },
  });
  const engine = await tinkerEngine(config as TinkerConfig, (url) =>
    connect({ url, concurrency: 8, patience: 3600, clock: hasty }),
  );
  const policy = await engine.openPolicy(FRESH());
  const start = await policy.save({ home: join(root, name, 'start'), name: 'start' });
  await policy.close();
  return {
    name,
    proxy,
    engine,
    start,
    close: async () => {
      await engine.close();
      await proxy.close();
      await server.close();
    },
  };
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-schedules-'));
  folder = join(root, 'base');
  await writeRandomCheckpoint(folder, { hidden: 16, layers: 1, heads: 2, kvHeads: 1, intermediate: 16, scale: 0.3 });
  lanes = await Promise.all(Array.from({ length: LANES }, (_, i) => openLane(`lane-${i}`)));
});

afterAll(async () => {
  for (const lane of lanes) await lane.close();
  await rm(root, { recursive: true, force: true });
});

function example(start: number): Example {
  const tokens = Int32Array.from({ length: 9 }, (_, i) => 60 + ((start * 7 + i * 5) % 40));
  return { input: tokens.slice(0, -1), target: tokens.slice(1), mask: new Uint8Array(8).fill(1) };
}

const optimizer = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, clip: 1 };
const PROMPTS = [Int32Array.of(61, 62, 63), Int32Array.of(80)];

/**
 * A short training: what it sampled, and the log-probabilities of its final weights. `passes` counts the backward passes
 * of the last step's second batch. Every other run makes the adapter again.
 */
async function train({ engine, name, start }: Lane, run: number, passes = 1) {
  const policy = await engine.openPolicy(run % 2 === 0 ? FRESH() : { from: start, optimizer: 'restore' });
  const sampled: number[][] = [];
  for (let step = 0; step < 2; step++) {
    const snapshot = await policy.publish();
    const sampler = await engine.openSampler(snapshot);
    const requests = PROMPTS.map((prompt, i) => ({
      prompt,
      n: 1,
      seed: step * 10 + i,
      maxTokens: 4,
      temperature: 1,
      topP: 1,
      topK: 0,
    }));
    for (const completions of await sampler.sample(requests)) {
      for (const { tokens } of completions) sampled.push([...tokens]);
    }
    await sampler.close();
    await engine.remove(snapshot);
    await policy.accumulate([example(step), example(step + 1)], (_, logprobs) => logprobs.map((value) => value / 8));
    // The first step has one batch, the second one several.
    for (let pass = 0; step > 0 && pass < passes; pass++) {
      await policy.accumulate([example(step + 2)], [new Float32Array(8).fill(-0.1)]);
    }
    await policy.step(optimizer);
  }
  const home = join(root, name, `run-${run}`);
  const state = await policy.save({ home, name: `run-${run}` });
  const logprobs = (await policy.logprobs([example(0), example(9)])).map((values) => [...values]);
  const { version } = policy;
  await policy.close();
  await engine.remove(state);
  return { sampled, logprobs, version };
}

describe('training through a disturbed service', () => {
  it(`ends as if nothing had happened, for each of ${SCHEDULES} schedules`, { timeout: 600_000 }, async () => {
    const calm = await Promise.all(lanes.map((lane) => train(lane, -1)));
    const [expected] = calm;
    expect(expected.version).toBe(2);
    expect(calm).toEqual(lanes.map(() => expected));
    // A pass that the service does twice would be noticed.
    expect((await train(lanes[0], -2, 2)).logprobs).not.toEqual(expected.logprobs);
    const dealt = new Map<Fault, number>();
    let next = 0;
    const failed: unknown[] = [];
    await Promise.all(
      lanes.map(async (lane) => {
        for (let seed = next++; seed < SCHEDULES; seed = next++) {
          const faults = seed % RESTART_EVERY === 0 ? FAULTS : FAULTS.filter((fault) => fault !== 'restart');
          lane.proxy.begin({ seed, rate: RATE, faults });
          const result = await train(lane, seed).catch((error: unknown) => error);
          for (const [fault, count] of Object.entries(faultCounts(lane.proxy)) as [Fault, number][]) {
            dealt.set(fault, (dealt.get(fault) ?? 0) + count);
          }
          if (JSON.stringify(result) !== JSON.stringify(expected)) failed.push({ seed, result });
          lane.proxy.begin({ seed, rate: 0, faults: [] });
        }
      }),
    );
    expect(failed).toEqual([]);
    expect(new Set(dealt.keys())).toEqual(new Set(FAULTS));
  });
});
