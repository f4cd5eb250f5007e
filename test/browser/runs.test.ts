/** The list of runs in a real browser. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFolder } from '../../src/view/folder-source.ts';
import { copyRun, KILLED, newRunsFolder, STOPPED } from './copies.ts';
import { overflowOf } from './inside.ts';
import { openBrowser, openPage, realRuns, servePage, type ServedPage, WIDTHS } from './open.ts';

let browser: Browser;
let served: ServedPage;
const folder = newRunsFolder();

beforeAll(async () => {
  const shared = await realRuns();
  copyRun(shared, folder, 'first');
  copyRun(shared, folder, 'killed', KILLED);
  copyRun(shared, folder, 'stopped', STOPPED);
  mkdirSync(join(folder, 'damaged'));
  writeFileSync(join(folder, 'damaged', 'run.db'), 'not a database');
  served = await servePage(folder);
  browser = await openBrowser();
}, 240_000);

afterAll(async () => {
  await browser.close();
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

const opened = async (url = served.url): Promise<{ page: Page; problems: string[] }> => {
  const { page, problems } = await openPage(browser);
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).or(page.locator('.state-title')).waitFor();
  return { page, problems };
};

describe('the list of runs', () => {
  it('shows state, progress, score and gain of every run', async () => {
    const { page, problems } = await opened();
    const card = (await openFolder(folder).runs()).find(({ id }) => id === 'first');
    const row = page.getByRole('row', { name: /first/ });
    await expect.poll(() => row.textContent()).toContain('finished');
    const text = await row.textContent();
    expect(text).toContain('2 of 2');
    expect(text).toContain(`${((card?.scores.at(-1)?.mean.value ?? 0) * 100).toFixed(1)} %`);
    expect(text).toContain('points');
    expect(await row.getByRole('img', { name: /Scores by iteration: .*%, .*%, .*%/ }).count()).toBe(1);
    expect(await page.getByRole('row', { name: /killed/ }).textContent()).toContain('crashed');
    expect(await page.getByRole('row', { name: /stopped/ }).textContent()).toContain('1 of 2');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('says why a folder cannot be read', async () => {
    const { page } = await opened();
    const broken = page.locator('section.broken');
    expect(await broken.textContent()).toMatch(/damaged cannot be read.*file is not a database/);
    await page.close();
  });

  it('finds runs by words, and sorts them by name', async () => {
    const { page } = await opened();
    await page.getByRole('searchbox').fill('crashed');
    await expect.poll(() => page.locator('.cell-name a').allTextContents()).toEqual(['killed']);
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await expect.poll(() => page.locator('.cell-name a').allTextContents()).toEqual(['first', 'killed', 'stopped']);
    await page.getByRole('searchbox').fill('nothing like this');
    await page.getByText('No run matches the search.').waitFor();
    await page.close();
  });

  it('compares chosen runs, by keyboard alone', async () => {
    const { page, problems } = await opened();
    for (const name of ['first', 'killed']) {
      await page.getByRole('checkbox', { name: `Compare ${name}` }).focus();
      await page.keyboard.press('Space');
    }
    await page.getByRole('link', { name: 'Compare 2 runs' }).focus();
    await page.keyboard.press('Enter');
    const table = page.getByRole('region', { name: 'Scores of the compared runs' });
    await table.waitFor();
    expect(await table.getByRole('row').count()).toBe(3);
    const reward = page.locator('[data-chart="Reward"]').first();
    expect(await reward.locator('.readout-item').count()).toBe(2);
    await table.getByRole('button', { name: /Remove/ }).click();
    await expect.poll(() => reward.locator('.readout-item').count()).toBe(1);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows the same on a phone, without scrolling sideways', async () => {
    const { page } = await openPage(browser, { viewport: WIDTHS.phone });
    await page.goto(served.url);
    await page.getByRole('link', { name: 'first' }).waitFor();
    expect(await overflowOf(page)).toBe(0);
    await page.getByRole('link', { name: 'first' }).click();
    await page.getByRole('heading', { name: 'first' }).waitFor();
    await page.close();
  });

  it('says how to start when there is no run', async () => {
    const empty = newRunsFolder();
    const other = await servePage(empty);
    const { page, problems } = await opened(other.url);
    expect(await page.getByRole('main').textContent()).toContain('npx rzero evolve --scale tiny');
    expect(problems).toEqual([]);
    await page.close();
    await other.close();
    rmSync(empty, { recursive: true, force: true });
  });

  it('notices a run that is deleted while the page is open', async () => {
    const { page } = await opened();
    await page.getByRole('link', { name: 'stopped' }).waitFor();
    rmSync(join(folder, 'stopped'), { recursive: true, force: true });
    await expect.poll(() => page.locator('.cell-name a').count(), { timeout: 15_000 }).toBe(2);
    expect(readdirSync(folder)).not.toContain('stopped');
    await page.close();
  });
});
