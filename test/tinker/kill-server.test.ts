/** Kills the server at random moments. A save whose answer was given is whole; one that was not is absent or whole. */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '../../src/random.ts';
import { writeRandomCheckpoint } from '../fixtures/random-checkpoint.ts';
import { datum } from '../fixtures/serve/client.ts';
import { type ServerProcess, startServer } from '../fixtures/serve/process.ts';

const X = [5, 17, 80, 9, 33];
/** `RZERO_KILLS=20` takes minutes. */
const KILLS = Number(process.env.RZERO_KILLS ?? 2);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rzero-kill-'));
  await writeRandomCheckpoint(join(root, 'tiny'), { scale: 0.3, maxPositions: 64 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const start = (): Promise<ServerProcess> =>
  startServer(['--model', join(root, 'tiny'), '--checkpoints', join(root, 'checkpoints')]);

/** Log-probabilities after `steps` steps from a checkpoint's path, or from a new model. */
async function trained({ client }: ServerProcess, path: string | null, steps: number): Promise<number[]> {
  const id = await client.model('tiny', { rank: 2, seed: 7 });
  if (path !== null) await client.call('load_weights', { model_id: id, seq_id: 1, path, optimizer: true });
  const offset = path === null ? 1 : 2;
  for (let step = 0; step < steps; step++) {
    await client.call('forward_backward', client.pass(id, offset + 2 * step, [datum(X)]));
    await client.call('optim_step', client.step(id, offset + 2 * step + 1));
  }
  return client.logprobs(id, offset + 2 * steps, X);
}

it('every checkpoint is whole after kill -9, and training goes on from it exactly', async () => {
  const random = new Random(11);
  let server = await start();
  const expected: number[][] = [];
  for (let steps = 0; steps <= 5; steps++) expected.push(await trained(server, null, steps));
  const answered = new Map<string, number>();
  for (let kill = 0; kill < KILLS; kill++) {
    const { client } = server;
    const id = await client.model('tiny', { rank: 2, seed: 7 });
    const work = async (): Promise<void> => {
      for (let step = 1, seq = 1; step <= 3; step++, seq += 4) {
        await client.call('forward_backward', client.pass(id, seq, [datum(X)]));
        await client.call('optim_step', client.step(id, seq + 1));
        for (const [at, path] of ['save_weights', 'save_weights_for_sampler'].entries()) {
          const saved = await client.call(path, { model_id: id, seq_id: seq + 2 + at, path: `step-${step}` });
          answered.set(String(saved.path), step);
        }
      }
    };
    const working = work().catch(() => undefined);
    await pause(random.integer(0, 250));
    expect(await server.end('SIGKILL')).toBe('SIGKILL');
    await working;
    server = await start();
    const { body } = await server.client.get('checkpoints?limit=1000');
    const listed = (body.checkpoints as { tinker_path: string }[]).map((one) => one.tinker_path);
    for (const path of answered.keys()) expect(listed).toContain(path);
    for (const path of listed.filter((one) => one.includes(id))) {
      const step = Number(path.at(-1));
      if (path.includes('/weights/')) {
        expect(await trained(server, path, 0)).toEqual(expected[step]);
        expect(await trained(server, path, 2)).toEqual(expected[step + 2]);
      } else {
        const [, ...rest] = await server.client.promptLogprobs({ model_path: path }, X);
        rest.forEach((value, t) => expect(value).toBeCloseTo(expected[step][t], 4));
      }
    }
  }
  // Nothing half-written is left.
  const runs = await readdir(join(root, 'checkpoints'), { recursive: true });
  expect(runs.filter((name) => /\.(tmp|old|part)/.test(name))).toEqual([]);
  expect(await server.end('SIGTERM')).toBe(143);
}, 600_000);

it('a signal ends the server: what waits fails or is repeated, and the exit code says why', async () => {
  const server = await start();
  const { client } = server;
  const id = await client.model('tiny', { rank: 2, seed: 7 });
  // Waits for a number that does not come.
  const { body } = await client.post('optim_step', client.step(id, 5));
  const result = client.retrieve(body.request_id);
  await pause(100);
  const ended = server.end('SIGINT');
  expect((await result).body).toMatchObject({
    error: expect.stringMatching(/^The server was stopped/),
    category: 'server',
  });
  expect(await ended).toBe(130);
  expect(server.errors()).toMatch(/Saved checkpoints are kept\. To continue: (npx )?rzero serve --tinker/);
});
