/** The view Talk over a real run of the shipped base. */

import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveConfig } from '../../src/config/load.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import { type Models, openModels } from '../../src/generate/models/models.ts';
import { openPageServer } from '../../src/serve/open-page.ts';
import type { Shell } from '../../src/serve/shell/shell.ts';
import { talkPage } from '../../src/serve/talk/page.ts';
import axe from 'axe-core';
import { overflowOf, seriousFindings } from './inside.ts';
import { openBrowser, openPage, realRuns, servePage, WIDTHS } from './open.ts';

const BASE = join(import.meta.dirname, '../../models/arith-base');
let browser: Browser;
let models: Models;
let server: Shell;
let runsDir: string;
let run: string;
const faults: unknown[] = [];

beforeAll(async () => {
  runsDir = await realRuns();
  models = openModels({
    runsDir,
    folders: [{ name: 'arith-base', path: BASE }],
    engine: () => openEngine(resolveConfig({ set: ['engine.threads=1'] }).engine),
  });
  run = (await models.list())[1].id;
  const pages = [talkPage({ models, onFault: (error) => faults.push(error) })];
  server = await openPageServer({ runsDir, port: 0, about: { talk: true }, pages });
  browser = await openBrowser();
}, 300_000);
afterAll(async () => {
  await browser.close();
  await server.close(0);
  await models.close();
});

async function openTalk(options: Parameters<Browser['newPage']>[0] = {}): Promise<{ page: Page; problems: string[] }> {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${server.url}/#/${run}/talk`);
  await opened.page.getByRole('heading', { name: 'Talk' }).waitFor();
  return opened;
}

it('asks the base and all iterations the same question with the keyboard, and draws their votes', async () => {
  const { page, problems } = await openTalk();
  await page.getByRole('button', { name: 'All iterations' }).press('Enter');
  const question = page.getByLabel('Question', { exact: true });
  await question.fill('Compute 3 + 4.');
  await question.press('Enter');
  const columns = page.locator('.talk-column');
  await expect.poll(() => columns.count()).toBe(3);
  await expect.poll(() => page.getByRole('list', { name: 'Votes' }).count(), { timeout: 30_000 }).toBe(3);
  expect(await columns.locator('h3').allTextContents()).toEqual(['base', 'iteration 1', 'iteration 2']);
  expect(await columns.locator('.talk-sample').count()).toBe(9);
  expect(await page.getByText('true answer 7').count()).toBe(1);
  const rights = page.locator('.talk-vote-good .talk-answer');
  expect(await rights.first().textContent()).toBe('7 ✓ right');
  const counts = await columns.first().locator('.talk-count').allTextContents();
  expect(counts.reduce((sum, text) => sum + Number(text.split(' ')[0]), 0)).toBe(4);
  // The history: the next question stands above the last one, which the arrow key brings back.
  await question.press('Control+a');
  await question.press('Delete');
  await question.press('ArrowUp');
  expect(await question.inputValue()).toBe('Compute 3 + 4.');
  await question.press('Enter');
  await expect.poll(() => page.locator('.talk-exchange').count()).toBe(2);
  expect(problems).toEqual([]);
  await page.close();
});

it('lets the Challenger pose questions, and says whether they are valid', async () => {
  const { page, problems } = await openTalk();
  await page.getByLabel('Ask the').selectOption('challenger');
  await page.getByRole('button', { name: 'Pose questions' }).click();
  const notes = page.locator('.talk-sample .talk-note');
  await expect.poll(() => notes.count(), { timeout: 30_000 }).toBe(6);
  for (const note of await notes.allTextContents()) expect(note).toMatch(/^(?:a valid question|not a valid question)/);
  expect(await page.locator('.talk-column h3').allTextContents()).toEqual(['base', 'Challenger, iteration 2']);
  expect(problems).toEqual([]);
  await page.close();
});

it('shows answers while they are drawn, and ends the work of the server when it is stopped', async () => {
  const { page, problems } = await openTalk();
  await page.getByLabel('Answers of each').fill('32');
  await page.getByLabel('Temperature').fill('5');
  const question = page.getByLabel('Question', { exact: true });
  await question.fill('Compute 3 + 4.');
  const seen = page.evaluate<boolean>(`new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      const text = document.querySelector('.talk-running .block-text')?.textContent ?? '';
      if (text === '' || text === '…') return;
      observer.disconnect();
      // In the page, because the answers may end before a click from outside arrives.
      const stop = [...document.querySelectorAll('button')].find((button) => button.textContent.trim() === 'Stop');
      stop?.click();
      resolve(stop !== undefined);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  })`);
  await question.press('Enter');
  expect(await seen).toBe(true);
  await page.getByText('· stopped').waitFor();
  await expect.poll(() => models.waiting, { timeout: 20_000 }).toBe(0);
  expect(await page.getByRole('button', { name: 'Ask', exact: true }).isEnabled()).toBe(true);
  expect(problems).toEqual([]);
  await page.close();
});

it('shows a hostile question as text', async () => {
  const hostile =
    '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u202E [x](javascript:alert(1))';
  const { page, problems } = await openTalk();
  const question = page.getByLabel('Question', { exact: true });
  await question.fill(hostile);
  await question.press('Enter');
  await expect.poll(() => page.getByRole('list', { name: 'Votes' }).count(), { timeout: 30_000 }).toBe(2);
  const shown = page.locator('.talk-exchange header');
  expect(await shown.textContent()).toContain('<script>window.hacked=1</script>');
  expect(await shown.locator('img, script, a').count()).toBe(0);
  expect(await page.evaluate<boolean>(`'hacked' in window`)).toBe(false);
  expect(problems).toEqual([]);
  await page.close();
});

it.each([
  ['phone', 'dark'],
  ['desktop', 'light'],
] as const)('fits a %s, with the %s theme, and has no serious findings', async (width, colorScheme) => {
  const { page } = await openTalk({ viewport: WIDTHS[width], colorScheme });
  await page.getByLabel('Question', { exact: true }).fill('Compute 3 + 4.');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await expect.poll(() => page.getByRole('list', { name: 'Votes' }).count(), { timeout: 30_000 }).toBe(2);
  expect(await seriousFindings(page, axe.source)).toEqual([]);
  expect(await overflowOf(page)).toBe(0);
  await page.close();
});

it('says which command answers questions, where no model can be asked', async () => {
  const plain = await servePage(runsDir);
  const { page } = await openPage(browser);
  await page.goto(`${plain.url}/#/${run}/talk`);
  await page.getByText('No model can be asked here.').waitFor();
  expect(await page.locator('code').textContent()).toBe('rzero serve');
  const refused = await fetch(`${plain.url}/api/talk`, { method: 'POST', body: '{}' });
  expect(refused.status).toBe(404);
  await page.close();
  await plain.close();
});

it('refuses what the page does not send', async () => {
  const post = async (body: unknown, type = 'application/json'): Promise<number> =>
    (
      await fetch(`${server.url}/api/talk`, {
        method: 'POST',
        headers: { 'Content-Type': type },
        body: JSON.stringify(body),
      })
    ).status;
  const request = { models: [run], role: 'solver', question: '1 + 1', samples: 1, temperature: null, seed: 1 };
  expect(await post(request, 'text/plain')).toBe(415);
  expect(await post({ ...request, samples: 100 })).toBe(400);
  expect(await post({ ...request, question: ' ' })).toBe(400);
  expect(await post({ ...request, models: [] })).toBe(400);
  expect(await post({ ...request, role: 'judge' })).toBe(400);
  expect(await post({ ...request, question: 'x'.repeat(9000) })).toBe(400);
  expect(await post(request)).toBe(200);
  const other = { 'Content-Type': 'application/json', Origin: 'https://evil.example' };
  const foreign = await fetch(`${server.url}/api/talk`, {
    method: 'POST',
    headers: other,
    body: JSON.stringify(request),
  });
  expect(foreign.status).toBe(403);
  expect(faults).toEqual([]);
});
