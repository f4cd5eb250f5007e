/** Every view for every reader: two widths, both themes, keyboard, and the rules of axe-core. */

import axe from 'axe-core';
import { readdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { focusedIn, overflowOf, seriousFindings, themeOf } from './inside.ts';
import { openBrowser, openPage, realRuns, servePage, type ServedPage, WIDTHS } from './open.ts';

let browser: Browser;
let served: ServedPage;
let run = '';

beforeAll(async () => {
  const runs = await realRuns();
  [run] = readdirSync(runs);
  served = await servePage(runs);
  browser = await openBrowser();
}, 240_000);

afterAll(async () => {
  await browser.close();
  await served.close();
});

/** Addresses behind the run's name; the first is the list of runs. */
const VIEWS = ['', 'loop', 'curves', 'questions', 'evaluation', 'talk'];
const LOOKS = [
  { name: 'on a desktop, light', viewport: WIDTHS.desktop, colorScheme: 'light' },
  { name: 'on a desktop, dark', viewport: WIDTHS.desktop, colorScheme: 'dark' },
  { name: 'on a phone, dark', viewport: WIDTHS.phone, colorScheme: 'dark' },
] as const;

const goTo = async (page: Page, view: string): Promise<void> => {
  await page.goto(view === '' ? `${served.url}#/` : `${served.url}#/${run}/${view}`);
  await page.locator('main :is(h1, h2, .state-title)').first().waitFor();
  await page.locator('.state-loading').waitFor({ state: 'detached' });
};

describe.each(LOOKS)('the page $name', ({ viewport, colorScheme }) => {
  it.each(VIEWS)(
    'has no serious finding in the view "%s", and fits its width',
    async (view) => {
      const { page } = await openPage(browser, { viewport, colorScheme, reducedMotion: 'reduce' });
      await goTo(page, view);
      expect(await overflowOf(page)).toBe(0);
      expect(await seriousFindings(page, axe.source)).toEqual([]);
      await page.close();
    },
    60_000,
  );
});

describe('the keyboard', () => {
  it('reaches every view of a run, with a visible focus', async () => {
    const { page } = await openPage(browser);
    await goTo(page, '');
    await page.getByRole('link', { name: run }).focus();
    await page.keyboard.press('Enter');
    for (const view of ['Curves', 'Questions', 'Evaluation', 'Talk', 'Loop']) {
      await page.locator('.brand').focus();
      const name = async (): Promise<string> => (await focusedIn(page)).text;
      for (let press = 0; press < 8 && (await name()) !== view; press++) await page.keyboard.press('Tab');
      expect(await name()).toBe(view);
      expect((await focusedIn(page)).outline).toBe('solid 2px');
      await page.keyboard.press('Enter');
      await expect.poll(() => page.title()).toContain(view);
    }
    await page.close();
  });

  it('skips to the content', async () => {
    const { page } = await openPage(browser);
    await goTo(page, 'loop');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect((await focusedIn(page)).tag).toBe('MAIN');
    await page.close();
  });
});

describe('the theme', () => {
  it('follows the system until the reader chooses, and keeps the choice', async () => {
    const { page } = await openPage(browser, { colorScheme: 'dark' });
    await page.goto(served.url);
    const shown = (): Promise<string> => themeOf(page);
    await expect.poll(shown).toBe('dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(shown).toBe('light');
    await page.getByRole('button', { name: /Theme/ }).click();
    await page.getByRole('button', { name: /Theme/ }).click();
    await expect.poll(shown).toBe('dark');
    await page.reload();
    await expect.poll(shown).toBe('dark');
    await page.close();
  });
});
