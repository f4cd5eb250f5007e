/** Attacks on the routes that change runs, over a real socket, and what they do when they may. */

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DOMAIN_NAMES } from '../../domains/open-domain.ts';
import { processStart } from '../../files/alive.ts';
import { LOCK_FILE } from '../../store/lock.ts';
import { sampleMeta, sampleSummary } from '../../store/samples.contract.ts';
import { createRun } from '../../store/sqlite.ts';
import { openShell, type Shell } from '../shell/shell.ts';
import { type Actions, openActions } from './actions.ts';
import { CONTROL_HEADER, controlPage } from './page.ts';

const RUN = 'a-run';
const root = mkdtempSync(join(tmpdir(), 'rzero-control-'));
const runsDir = join(root, 'runs');
const dir = join(runsDir, RUN);

/** Stands for rzero: writes what it was asked for. */
const ECHO = `console.log(process.argv.slice(1).join(' '))`;
const FAIL = `console.error('error The model is gone.'); process.exit(1)`;

let reading: Shell;
let controlling: Shell;
let failing: Shell;
const open = (actions: Actions | null): Promise<Shell> =>
  openShell({ host: '127.0.0.1', port: 0, key: null, hosts: [] }, [controlPage(runsDir, actions)]);

beforeAll(async () => {
  reading = await open(null);
  controlling = await open(openActions(runsDir, [process.execPath, '-e', ECHO, '--']));
  failing = await open(openActions(runsDir, [process.execPath, '-e', FAIL, '--']));
});
beforeEach(() => {
  rmSync(dir, { recursive: true, force: true });
  const store = createRun(dir, { ...sampleMeta, createdAt: '2026-11-23T10:00:00.000Z' });
  store.commit({ cursor: { iteration: 1, stage: 'done', step: 0 }, summary: sampleSummary('finished') });
  store.close();
});
afterAll(async () => {
  for (const shell of [reading, controlling, failing]) await shell.close(0);
  rmSync(root, { recursive: true, force: true });
});

const OWN = { 'Content-Type': 'application/json', [CONTROL_HEADER]: '1' };
const ROUTES = ['runs', `runs/${RUN}/stop`, `runs/${RUN}/resume`, `runs/${RUN}/prune`, `runs/${RUN}/delete`];

async function post(
  path: string,
  body: unknown = {},
  { shell = controlling, headers = OWN }: { shell?: Shell; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${shell.url}/api/${path}`, { method: 'POST', body: text, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('a page that only reads', () => {
  it.each(ROUTES)('refuses %s, with advice', async (route) => {
    const { status, body } = await post(route, { delete: RUN }, { shell: reading });
    expect(status).toBe(403);
    expect(body.detail).toMatch(/rzero serve --control/);
    expect(existsSync(dir)).toBe(true);
  });
});

describe('a request of another site', () => {
  const { [CONTROL_HEADER]: _, ...json } = OWN;
  const attacks: [string, Record<string, string>][] = [
    ['without the header', json],
    ['with a form', { ...OWN, 'Content-Type': 'application/x-www-form-urlencoded' }],
    ['with plain text', { ...OWN, 'Content-Type': 'text/plain' }],
    ['from another origin', { ...OWN, Origin: 'https://evil.com' }],
    ['from another port', { ...OWN, Origin: 'http://127.0.0.1:1' }],
    ['from a sandbox', { ...OWN, Origin: 'null' }],
    ['that the browser marks', { ...OWN, 'Sec-Fetch-Site': 'cross-site' }],
    ['of the same site only', { ...OWN, 'Sec-Fetch-Site': 'same-site' }],
  ];
  it.each(attacks)('%s is refused on every route', async (_name, headers) => {
    for (const route of ROUTES) expect((await post(route, { delete: RUN }, { headers })).status).toBe(403);
    expect(existsSync(dir)).toBe(true);
  });

  it('is not allowed by a preflight, and no address changes anything with GET', async () => {
    const preflight = await fetch(`${controlling.url}/api/runs/${RUN}/delete`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://evil.com', 'Access-Control-Request-Method': 'POST' },
    });
    expect(preflight.status).toBe(403);
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    for (const route of ROUTES) {
      expect((await fetch(`${controlling.url}/api/${route}`, { headers: OWN })).status).toBe(404);
    }
  });
});

describe('a body', () => {
  it.each([
    ['runs', 'no json'],
    ['runs', '[]'],
    ['runs', { scale: 'huge' }],
    ['runs', { model: '/etc/passwd' }],
    ['runs', { iterations: '1; rm -rf /' }],
    ['runs', { iterations: 1e9 }],
    ['runs', { domain: './evil.mjs' }],
    ['runs', { 'runs-dir': '/' }],
    [`runs/${RUN}/resume`, { iterations: -1 }],
    [`runs/${RUN}/delete`, {}],
    [`runs/${RUN}/delete`, { delete: 'another-run' }],
    [`runs/${RUN}/stop`, { signal: 'SIGKILL' }],
  ])('%s %j is refused', async (route, body) => {
    expect((await post(route, body)).status).toBe(400);
  });

  it('reaches no other folder', async () => {
    createRun(join(root, 'outside'), { ...sampleMeta, createdAt: '2026-11-23T10:00:00.000Z' }).close();
    for (const id of ['..%2foutside', '%2e%2e%2foutside', encodeURIComponent(join(root, 'outside')), 'outside']) {
      expect((await post(`runs/${id}/delete`, { delete: 'outside' })).status).toBe(404);
    }
    expect(existsSync(join(root, 'outside'))).toBe(true);
  });
});

describe('a page that may', () => {
  it('deletes a run, and says how much was freed', async () => {
    const { status, body } = await post(`runs/${RUN}/delete`, { delete: RUN });
    expect({ status, body }).toEqual({ status: 200, body: { freed: expect.any(Number) } });
    expect(body.freed).toBeGreaterThan(0);
    expect(existsSync(dir)).toBe(false);
    expect((await post(`runs/${RUN}/delete`, { delete: RUN })).status).toBe(404);
  });

  it('prunes a finished run', async () => {
    expect(await post(`runs/${RUN}/prune`)).toEqual({ status: 200, body: { freed: 0 } });
  });

  it('stops the process of a run, and deletes or continues none that is going on', async () => {
    const child = spawn(process.execPath, [
      '-e',
      `process.on('SIGINT', () => process.exit(7)); setInterval(() => {}, 1e6); console.log(1)`,
    ]);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const lock = { pid: child.pid, host: hostname(), start: processStart(child.pid ?? 0) };
    writeFileSync(join(dir, LOCK_FILE), JSON.stringify(lock));
    for (const [action, body] of [
      ['delete', { delete: RUN }],
      ['resume', {}],
      ['prune', {}],
    ] as const) {
      expect((await post(`runs/${RUN}/${action}`, body)).status).toBe(409);
    }
    const ended = new Promise((resolve) => child.once('exit', resolve));
    expect(await post(`runs/${RUN}/stop`)).toEqual({ status: 200, body: { stopping: true } });
    expect(await ended).toBe(7);
    expect(await post(`runs/${RUN}/stop`)).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/No process/) },
    });
  });

  it('continues and starts runs by programs of their own, with their output in a file', async () => {
    const resumed = await post(`runs/${RUN}/resume`, { iterations: 3 });
    expect(resumed).toEqual({ status: 200, body: { log: `${RUN}.log` } });
    expect(readFileSync(join(runsDir, `${RUN}.log`), 'utf8')).toBe(
      `resume ${RUN} --iterations 3 --runs-dir ${runsDir} --no-page\n`,
    );
    const started = await post('runs', { scale: 'tiny', seed: 4 });
    expect(started.status).toBe(200);
    expect(readFileSync(join(runsDir, String(started.body.log)), 'utf8')).toBe(
      `evolve --scale tiny --seed 4 --runs-dir ${runsDir} --no-page\n`,
    );
  });

  it('starts a run in every built-in domain', async () => {
    for (const domain of DOMAIN_NAMES) expect((await post('runs', { domain })).status).toBe(200);
  });

  it('says why a program ended at once', async () => {
    const { status, body } = await post(`runs/${RUN}/resume`, {}, { shell: failing });
    expect(status).toBe(409);
    expect(body.detail).toMatch(/The model is gone/);
  });
});
