/** The frame of the page in a real browser. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, openPage, realRuns, servePage, type ServedPage } from './open.ts';

let browser: Browser;
let served: ServedPage;

beforeAll(async () => {
  served = await servePage(await realRuns());
  browser = await openBrowser();
}, 240_000);

afterAll(async () => {
  await browser.close();
  await served.close();
});

describe('the page', () => {
  it('lists a real run, without errors', async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(served.url);
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    expect(await page.getByRole('link', { name: /arith-base-01/ }).count()).toBe(1);
    expect(problems).toEqual([]);
    await page.close();
  });
});
