/** Buttons that change runs, on a server that allows it. */

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunConfig } from '../../src/config/schema.ts';
import { openActions } from '../../src/serve/control/actions.ts';
import { openPageServer } from '../../src/serve/open-page.ts';
import { listRuns, type RunListing } from '../../src/store/runs.ts';
import { openRun } from '../../src/store/sqlite.ts';
import { PROGRAM } from '../fixtures/program.ts';
import { copyRun, KILLED, newRunsFolder } from './copies.ts';
import { openBrowser, openPage, realRuns, type ServedPage } from './open.ts';

let browser: Browser;
let served: ServedPage;
const folder = newRunsFolder();

beforeAll(async () => {
  const shared = await realRuns();
  copyRun(shared, folder, 'first');
  copyRun(shared, folder, 'killed', KILLED);
  const actions = openActions(folder, [process.execPath, ...PROGRAM]);
  const shell = await openPageServer({ runsDir: folder, port: 0, actions });
  served = { url: shell.url, close: () => shell.close(0) };
  browser = await openBrowser();
}, 240_000);

afterAll(async () => {
  await browser.close();
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a page that may change runs', () => {
  it('offers what fits the state of a run, and asks first', async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(served.url);
    const row = page.getByRole('row', { name: /killed/ });
    await row.getByRole('button', { name: 'Continue killed' }).waitFor();
    expect(await page.getByRole('row', { name: /first/ }).getByRole('button').allTextContents()).toEqual([
      'Prune first',
      'Delete first',
    ]);
    await row.getByRole('button', { name: 'Delete killed' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Delete killed?' });
    await dialog.waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(readdirSync(folder).toSorted()).toEqual(['first', 'killed']);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('deletes a run from its loop, and returns to the list', async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(`${served.url}#/killed/loop`);
    await page.getByRole('button', { name: 'Delete killed' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await expect.poll(() => page.locator('.cell-name a').allTextContents(), { timeout: 15_000 }).toEqual(['first']);
    expect(readdirSync(folder)).toEqual(['first']);
    expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
    await page.close();
  });

  it('starts a run with the chosen seed, and shows it in the list', async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(served.url);
    await page.getByRole('button', { name: 'New run' }).click();
    const dialog = page.getByRole('dialog', { name: 'New run' });
    await dialog.getByLabel('Iterations').fill('1');
    await dialog.getByLabel('Seed').fill('71');
    await dialog.getByRole('button', { name: 'New run' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const started = await startedRun(folder);
    await page.getByRole('row', { name: new RegExp(started.id) }).waitFor();
    expect(started.config).toMatchObject({ scale: 'tiny', iterations: 1, seed: 71 });
    await page.getByRole('button', { name: `Stop ${started.id}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('button', { name: `Continue ${started.id}` }).waitFor({ timeout: 60_000 });
    expect(problems).toEqual([]);
    await page.close();
  });
});

/** Waits for a run that is not one of the copies. */
async function startedRun(runsDir: string): Promise<{ id: string; config: RunConfig }> {
  const known = new Set(['first', 'killed']);
  const find = (): RunListing | undefined => listRuns(runsDir).find(({ id }) => !known.has(id));
  await expect.poll(find, { timeout: 60_000 }).toBeDefined();
  const id = find()?.id ?? '';
  const store = openRun(join(runsDir, id), { readOnly: true });
  try {
    return { id, config: store.meta().config };
  } finally {
    store.close();
  }
}
