/** The page while a run goes on, while its server is away, and after the run was deleted. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPageServer } from '../../src/serve/open-page.ts';
import type { Shell } from '../../src/serve/shell/shell.ts';
import { appendEvent } from '../../src/store/events/event-log.ts';
import { acquireLock } from '../../src/store/lock.ts';
import { sampleMeta } from '../../src/store/samples.contract.ts';
import { createRun, openRun } from '../../src/store/sqlite.ts';
import { openBrowser, openPage } from './open.ts';

const RUN = 'a-run';
const WAIT = { timeout: 20_000 };
const root = mkdtempSync(join(tmpdir(), 'rzero-live-'));
const dir = join(root, RUN);
let browser: Browser;
let server: Shell;

beforeAll(async () => {
  createRun(dir, { ...sampleMeta, id: RUN, createdAt: '2026-11-23T10:00:00.000Z' }).close();
  server = await openPageServer({ runsDir: root, port: 0 });
  browser = await openBrowser();
}, 120_000);

afterAll(async () => {
  await browser.close();
  await server.close(0);
  rmSync(root, { recursive: true, force: true });
});

it('follows a run that is resumed, through a restart of the server, until it is deleted', async () => {
  const { page } = await openPage(browser);
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  const loads: string[] = [];
  page.on('response', (response) => {
    if (response.url().endsWith(`/api/runs/${RUN}`)) loads.push(response.url());
  });
  await page.goto(`${server.url}/#/${RUN}/loop`);
  await page.getByRole('navigation').first().waitFor();
  const live = page.locator('.live');

  let release = acquireLock(dir);
  await live.getByText('live').waitFor();
  await expect.poll(() => loads.length, WAIT).toBeGreaterThan(0);

  const before = loads.length;
  const { sessions } = openRun(dir, { readOnly: true });
  expect(sessions()).toEqual([]);
  const stamp = { v: 1, run: RUN, at: '2026-01-02T03:04:05.006Z' };
  appendEvent(dir, { ...stamp, seq: 1, type: 'stage-start', iteration: 1, stage: 'vote', steps: 3, done: 0 });
  await expect.poll(() => loads.length, WAIT).toBeGreaterThan(before);

  const port = Number(new URL(server.url).port);
  await server.close(0);
  await live.getByText('connecting again').waitFor();
  server = await openPageServer({ runsDir: root, port });
  await live.getByText('live').waitFor();

  release();
  await live.waitFor({ state: 'detached' });
  release = acquireLock(dir);
  await live.getByText('live').waitFor();
  release();

  rmSync(dir, { recursive: true });
  await live.getByText('deleted').waitFor();
  expect(errors).toEqual([]);
  await page.close();
});
