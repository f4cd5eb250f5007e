/** The questions of a run in a real browser: a real run, and one with 100,000 questions. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeManyQuestions } from '../fixtures/many-questions.ts';
import { openBrowser, openPage, realRuns, servePage, type ServedPage, WIDTHS } from './open.ts';

const COUNT = 100_000;
const root = mkdtempSync(join(tmpdir(), 'rzero-many-'));
let browser: Browser;
let real: ServedPage;
let many: ServedPage;
let run: string;

beforeAll(async () => {
  writeManyQuestions(join(root, 'many'), COUNT);
  real = await servePage(await realRuns());
  many = await servePage(root);
  browser = await openBrowser();
  const [card] = (await (await fetch(`${real.url}/api/runs`)).json()) as { id: string }[];
  run = card.id;
}, 240_000);

afterAll(async () => {
  await browser.close();
  await real.close();
  await many.close();
  rmSync(root, { recursive: true, force: true });
});

const lines = (page: Page) => page.locator('.q-line');
const counted = (page: Page) => page.locator('.q-count');

describe('the list of a real run', () => {
  it('filters by what became of a question, keeps the filter in the address, and opens a question', async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(`${real.url}/#/${run}/questions`);
    await lines(page).first().waitFor();
    expect(await counted(page).textContent()).toBe('248 questions');
    await page.getByLabel('Filter').selectOption('kept');
    await page.getByText('Clear filters').waitFor();
    expect(page.url()).toContain('verdict=kept');
    expect(await counted(page).textContent()).toMatch(/^\d+ of 248 questions/);
    const shown = await lines(page).locator('.q-chip').allTextContents();
    expect(new Set(shown)).toEqual(new Set(['kept']));
    await lines(page).first().getByRole('link').click();
    await page.getByRole('heading', { name: 'What became of it' }).waitFor();
    expect(await page.locator('.q-question').textContent()).toMatch(/q-1-pool-\d+/);
    await page.goBack();
    await page.getByText('Clear filters').waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  it('is used with the keyboard', async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(`${real.url}/#/${run}/questions`);
    await lines(page).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('compute');
    await counted(page)
      .filter({ hasText: /^(?!248)\d+ of 248 questions/ })
      .waitFor();
    const total = Number(/^(\d+) of/.exec((await counted(page).textContent()) ?? '')?.[1]);
    expect(total).toBeGreaterThan(20);
    await lines(page).first().getByRole('link').focus();
    const focused = (position: number) => page.locator(`[aria-posinset="${position}"] a:focus`).waitFor();
    await page.keyboard.press('ArrowDown');
    await focused(2);
    await page.keyboard.press('ArrowDown');
    await focused(3);
    await page.keyboard.press('End');
    await focused(total);
    await page.keyboard.press('Home');
    await focused(1);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What became of it' }).waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });

  it.each(['phone', 'desktop'] as const)('fits a %s, in both themes', async (width) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, problems } = await openPage(browser, { viewport: WIDTHS[width], colorScheme });
      for (const view of [
        '',
        '?show=pools',
        '?show=held-out',
        '/q-1-pool-0',
        '/q-1-step-0-0',
        '/held-out%2Farithmetic-2',
      ]) {
        await page.goto(`${real.url}/#/${run}/questions${view}`);
        await page.locator('.q-line, .q-pools, .q-question').first().waitFor();
        const wider = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
        expect([view, wider]).toEqual([view, 0]);
      }
      expect(problems).toEqual([]);
      await page.close();
    }
  });
});

describe('100,000 questions', () => {
  it('scroll to the end, with few elements, and find the needles', async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(`${many.url}/#/many/questions`);
    await lines(page).first().waitFor();
    expect(await counted(page).textContent()).toBe('100,000 questions');
    expect(await page.locator('.q-line').first().getAttribute('aria-setsize')).toBe('100000');
    const box = page.locator('.q-scroll');
    await box.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.locator('[aria-posinset="100000"] .q-text').waitFor();
    const last = page.locator('[aria-posinset="100000"]').getByRole('link');
    expect(await last.getAttribute('href')).toBe('#/many/questions/q-10-pool-7999');
    await box.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
    await page.locator('[aria-posinset="50005"] .q-text').waitFor();
    expect(await lines(page).count()).toBeLessThan(60);

    await page.getByLabel('Search').fill('needle');
    await page.getByText('1,000 of 100,000 questions').waitFor();
    const texts = await page.locator('.q-text').allTextContents();
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.filter((text) => !text.includes('needle'))).toEqual([]);
    await page.getByLabel('Posed for').selectOption('pool');
    await page.getByText('800 of 100,000 questions').waitFor();
    await page.getByRole('button', { name: 'Iteration 7' }).click();
    await page.getByText('80 of 100,000 questions').waitFor();
    expect(problems).toEqual([]);
    await page.close();
  });
});
