/** The loop of a run in a real browser: finished, killed, stopped, and while it goes on. */

import { readdirSync, rmSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFolder } from '../../src/view/folder-source.ts';
import { rzero } from '../fixtures/program.ts';
import { copyRun, KILLED, newRunsFolder, STOPPED } from './copies.ts';
import { openBrowser, openPage, realRuns, servePage, type ServedPage } from './open.ts';

let browser: Browser;
let served: ServedPage;
const folder = newRunsFolder();

beforeAll(async () => {
  const shared = await realRuns();
  copyRun(shared, folder, 'done');
  copyRun(shared, folder, 'killed', KILLED);
  copyRun(shared, folder, 'stopped', STOPPED);
  served = await servePage(folder);
  browser = await openBrowser();
}, 240_000);

afterAll(async () => {
  await browser.close();
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = async (hash: string): Promise<{ page: Page; problems: string[] }> => {
  const { page, problems } = await openPage(browser);
  await page.goto(`${served.url}#/${hash}`);
  await page.locator('.picture, .curves').first().waitFor();
  return { page, problems };
};

const countsOn = (page: Page): Promise<string[]> => page.locator('.funnel-steps strong').allTextContents();

describe('the loop of a finished run', () => {
  it('shows the stages in the order of the paper, and the counts of the database', async () => {
    const { page, problems } = await open('done/loop');
    expect(await page.locator('.stage h3').allTextContents()).toEqual([
      'Train the Challenger',
      'Propose questions',
      'Vote on answers',
      'Filter by agreement',
      'Train the Solver',
      'Evaluate',
    ]);
    const { counts } = (await openFolder(folder).run('done')).iterations[2];
    expect(await countsOn(page)).toEqual(Object.values(counts).map(String));
    expect(await page.locator('.newest li').count()).toBeGreaterThan(3);
    expect(await page.locator('.newest .vote').count()).toBeGreaterThan(3);
    expect(
      await page
        .getByRole('region', { name: /in numbers, table/ })
        .getByRole('row')
        .count(),
    ).toBe(4);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('changes between iterations by keyboard, and keeps the choice in the address', async () => {
    const { page } = await open('done/loop');
    await page.getByRole('tab', { name: /Iteration 2/ }).focus();
    await page.keyboard.press('ArrowLeft');
    const { counts } = (await openFolder(folder).run('done')).iterations[1];
    await expect.poll(() => countsOn(page)).toEqual(Object.values(counts).map(String));
    expect(page.url()).toContain('iteration=1');
    await page.keyboard.press('Home');
    await expect.poll(() => page.locator('.stage h3').allTextContents()).toEqual(['Evaluate the base']);
    await page.close();
  });
});

describe('the loop of a run that did not end', () => {
  it('says that it was killed, where, and how to continue', async () => {
    const { page } = await open('killed/loop');
    const text = await page.locator('.run-head').textContent();
    expect(text).toContain('crashed');
    expect(text).toContain('iteration 2 of 2: Train the Solver, step 3 of 4');
    expect(text).toContain('npx rzero resume killed');
    expect(await page.locator('[data-stage=train-solver]').getAttribute('class')).toContain('stage-stopped');
    expect(await page.locator('[data-stage=evaluate]').getAttribute('class')).toContain('stage-waiting');
    await page.close();
  });

  it('knows only the first counts of a pool without votes', async () => {
    const { page } = await open('stopped/loop');
    const [posed, valid, , inBand, trainedOn] = await countsOn(page);
    expect([posed, inBand, trainedOn]).toEqual(['60', '–', '–']);
    expect(Number(valid)).toBeGreaterThan(0);
    expect(await page.locator('.run-head').textContent()).toContain('Everything up to here is saved');
    await page.close();
  });
});

describe('a run that goes on', () => {
  it('is followed: stages, counts, questions and curves change without a reload', async () => {
    const known = new Set(readdirSync(folder));
    const ended = rzero(['evolve', '--scale', 'tiny', '--iterations', '1', '--runs-dir', folder, '--json']);
    const id = (): string => readdirSync(folder).find((name) => !known.has(name)) ?? '';
    await expect.poll(id, { timeout: 60_000 }).not.toBe('');
    await expect
      .poll(async () => (await openFolder(folder).runs()).find((run) => run.id === id())?.state, { timeout: 60_000 })
      .toBe('running');
    const { page, problems } = await open(`${id()}/loop`);
    const curves = await openPage(browser);
    await curves.page.goto(`${served.url}#/${id()}/curves`);
    const states = new Set<string>();
    const seen = new Set<string>();
    let isOver = false;
    void ended.then(() => (isOver = true));
    while (!isOver) {
      for (const stage of await page.locator('.stage-running').all()) {
        states.add((await stage.getAttribute('data-stage').catch(() => null)) ?? '');
      }
      seen.add((await countsOn(page)).join());
      await page.waitForTimeout(150);
    }
    expect((await ended).code).toBe(0);
    expect(states.size).toBeGreaterThan(2);
    expect(seen.size).toBeGreaterThan(2);
    await expect.poll(() => page.locator('.run-title').textContent(), { timeout: 20_000 }).toContain('finished');
    const { counts } = (await openFolder(folder).run(id())).iterations[1];
    await expect.poll(() => countsOn(page)).toEqual(Object.values(counts).map(String));
    expect(await page.locator('.newest li').count()).toBeGreaterThan(0);
    const place = curves.page.locator('[data-chart="Reward"]').last().locator('.panel-place');
    await expect.poll(() => place.textContent(), { timeout: 20_000 }).toBe('newest: iteration 1, step 4');
    expect([...problems, ...curves.problems]).toEqual([]);
    await page.close();
    await curves.page.close();
  }, 240_000);
});
