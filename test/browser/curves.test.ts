/** The curves of a run in a real browser. */

import { rmSync } from 'node:fs';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFolder } from '../../src/view/folder-source.ts';
import { copyRun, LONG, newRunsFolder } from './copies.ts';
import { openBrowser, openPage, realRuns, servePage, type ServedPage } from './open.ts';

let browser: Browser;
let served: ServedPage;
const folder = newRunsFolder();

beforeAll(async () => {
  const shared = await realRuns();
  copyRun(shared, folder, 'one');
  copyRun(shared, folder, 'long', LONG);
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
  await page.locator('.curves canvas').first().waitFor();
  return { page, problems };
};

const panel = (page: Page, group: string, chart: string): Locator =>
  page.locator(`section[aria-labelledby="group-${group}"] [data-chart="${chart}"]`);

/** Drags over a part of a chart, given as shares of its width. */
async function drag(page: Page, chart: Locator, from: number, to: number): Promise<void> {
  await chart.scrollIntoViewIfNeeded();
  const box = await chart.locator('.u-over').boundingBox();
  if (box === null) throw new Error('The chart is not shown.');
  await page.mouse.move(box.x + from * box.width, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + to * box.width, box.y + 60, { steps: 4 });
  await page.mouse.up();
}

describe('the curves of a run', () => {
  it('shows every metric that is stored, grouped or in the list', async () => {
    const { page, problems } = await open('one/curves');
    const { names } = await openFolder(folder).curves('one');
    expect(await page.locator('.curve-group h2').allTextContents()).toEqual([
      'Held-out score',
      'Challenger in training',
      'Solver in training',
      'Pool and labels',
    ]);
    await page.getByText(/^All metrics/).click();
    const listed = await page.locator('.more-metrics code').allTextContents();
    expect(listed).toContain('solver/grad_norm');
    expect(listed.every((name) => names.some((one) => one.name === name))).toBe(true);
    await page.getByRole('checkbox', { name: /solver\/grad_norm/ }).check();
    await page.locator('[data-chart="solver/grad_norm"] canvas').waitFor();
    expect(page.url()).toContain('metrics=solver%2Fgrad_norm');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows the value under the cursor, by mouse and by keyboard', async () => {
    const { page } = await open('one/curves');
    const reward = panel(page, 'solver', 'Reward');
    const [{ value }] = await openFolder(folder).series('one', ['solver/reward']);
    const place = reward.locator('.panel-place');
    expect(await place.textContent()).toBe('newest: iteration 2, step 4');
    await reward.locator('.chart').focus();
    await page.keyboard.press('Home');
    await expect.poll(() => place.textContent()).toBe('iteration 1, step 1');
    expect(await reward.locator('.readout strong').textContent()).toBe(String(Number((value[0] ?? 0).toPrecision(3))));
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => reward.locator('[aria-live]').textContent()).toContain('iteration 1, step 2: ');
    const box = await reward.locator('.u-over').boundingBox();
    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) - 2, (box?.y ?? 0) + 20);
    await expect.poll(() => place.textContent()).toBe('iteration 2, step 4');
    await page.close();
  });

  it('zooms by dragging and by keyboard, and shows all again', async () => {
    const { page } = await open('one/curves');
    const [reward, entropy] = [panel(page, 'solver', 'Reward'), panel(page, 'solver', 'Entropy')];
    const range = (): Promise<string | null> => entropy.locator('.chart').getAttribute('data-range');
    expect(await range()).toBe('1 to 8');
    await drag(page, reward, 0.4, 0.75);
    await expect.poll(range).toBe('4 to 6');
    await page.getByRole('button', { name: 'Show all' }).click();
    await expect.poll(range).toBe('1 to 8');
    await reward.locator('.chart').focus();
    await page.keyboard.press('+');
    await expect.poll(range).not.toBe('1 to 8');
    await page.keyboard.press('0');
    await expect.poll(range).toBe('1 to 8');
    await page.close();
  });

  it('keeps smoothing and the logarithm in the address', async () => {
    const { page, problems } = await open('one/curves');
    await page.getByRole('checkbox', { name: 'Logarithmic' }).check();
    await page.getByRole('slider', { name: 'Smoothing' }).fill('0.5');
    await expect.poll(() => page.url()).toMatch(/log=1&smooth=0\.5/);
    await page.reload();
    await page.locator('.curves canvas').first().waitFor();
    expect(await page.getByRole('checkbox', { name: 'Logarithmic' }).isChecked()).toBe(true);
    expect(await page.locator('.tools output').textContent()).toBe('0.50');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('has the values as a table', async () => {
    const { page } = await open('one/curves');
    const score = panel(page, 'score', 'Held-out score');
    await score.locator('summary').click();
    const rows = await score.getByRole('row').allTextContents();
    expect(rows.map((row) => row.split(/\d/)[0])).toEqual(['the base', 'iteration ', 'iteration ']);
    expect(rows[0]).toMatch(/^the base\d+\.\d %\d+\.\d % to \d+\.\d %$/);
    await page.close();
  });
});

describe('a run of 100,000 steps', () => {
  it('draws few points, shows every peak, and zooms to single steps', async () => {
    const { page, problems } = await open('long/curves?smooth=0.9');
    const chart = panel(page, 'solver', 'Entropy');
    expect(await chart.locator('.panel-place').textContent()).toBe('newest: iteration 2, step 100000');
    expect(await chart.locator('.chart').getAttribute('data-range')).toBe('1 to 100004');
    const drawn = async (): Promise<number> => Number(await chart.locator('.chart').getAttribute('data-drawn'));
    await expect.poll(drawn).toBeGreaterThan(500);
    expect(await drawn()).toBeLessThan(4 * 1280);
    await chart.locator('.chart').focus();
    await page.keyboard.press('End');
    for (let press = 0; press < 14; press++) await page.keyboard.press('+');
    await expect.poll(() => chart.locator('.chart').getAttribute('data-range')).toMatch(/^9999\d to 100004$/);
    await page.keyboard.press('0');
    await expect.poll(() => chart.locator('.chart').getAttribute('data-range')).toBe('1 to 100004');
    await chart.locator('summary').click();
    expect(await chart.locator('caption').textContent()).toContain('the newest 200 of 100004 values');
    expect(problems).toEqual([]);
    await page.close();
  });
});
