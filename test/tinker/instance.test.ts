/** An update whose answer is lost: repeated on the server that did it, and never on one that was started since. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { RemoteModel, TinkerService } from '../../src/engine/tinker/service.ts';
import { connect } from '../../src/engine/tinker/transport/connect.ts';
import { writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';
import { FastClock } from './fast-clock.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import type { Fault } from './fault-schedule.ts';
import { ADAM, datum, ENTROPY, outcomeOf } from './open-client.ts';
import { SERVED_MODEL, serveFolder } from './served.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-instance-'));
  await writeRandomCheckpoint(join(root, 'base'), { scale: 0.3, maxPositions: 64 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A server behind a proxy, and a client with a model that has a gradient. */
async function opened(): Promise<{ proxy: FaultProxy; client: TinkerService; model: RemoteModel; url: () => string }> {
  const checkpoints = await mkdtemp(join(root, 'checkpoints-'));
  const serve = () => serveFolder(join(root, 'base'), checkpoints);
  let server = await serve();
  const quiet = { seed: 1, rate: 0, faults: [] };
  const restart = async (): Promise<void> => {
    await server.close();
    server = await serve();
  };
  const proxy = await startFaultProxy({ ...quiet, upstream: () => server.url, restart });
  const client = await connect({
    url: proxy.url,
    concurrency: 2,
    patience: 60,
    heartbeat: 0,
    clock: new FastClock(),
  });
  onTestFinished(async () => {
    await client.close();
    await proxy.close();
    await server.close();
  });
  client.repeatTraining = true;
  const model = await client.createModel(SERVED_MODEL, { rank: 2, seed: 1 });
  await model.forwardBackward([datum(5, 6, 7)], ENTROPY);
  return { proxy, client, model, url: () => server.url };
}

function breakNext(proxy: FaultProxy, fault: Fault): void {
  proxy.begin({ seed: 1, rate: 1, faults: [fault], routes: ['optim_step'], max: 1 });
}

const steps = ({ requests }: FaultProxy) => requests.filter(({ route }) => route === 'optim_step');

async function after(model: RemoteModel): Promise<number[]> {
  const { logprobs } = await model.forwardBackward([datum(5, 6, 7)], { ...ENTROPY, forwardOnly: true });
  return [...logprobs[0]];
}

it.each(['lost-answer', 'lost-request', 'cut', 'reset'] as const)(
  'is repeated on the same server, which does it once (%s)',
  async (fault) => {
    const calm = await opened();
    await calm.model.optimStep(ADAM);
    const { proxy, model } = await opened();
    breakNext(proxy, fault);
    expect(await outcomeOf(model.optimStep(ADAM))).toBe('done');
    expect(steps(proxy)).toHaveLength(2);
    expect(await after(model)).toEqual(await after(calm.model));
  },
);

it('is not repeated on a server that was started since', async () => {
  const { proxy, model, url } = await opened();
  const instanceOf = async () => (await fetch(`${url()}/api/v1/nothing`)).headers.get('x-rzero-instance');
  const before = await instanceOf();
  expect(before).toBe(await instanceOf());
  breakNext(proxy, 'restart');
  expect(await outcomeOf(model.optimStep(ADAM))).toBe('unknown');
  expect(steps(proxy)).toHaveLength(1);
  expect(await instanceOf()).not.toBe(before);
});
