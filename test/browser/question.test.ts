/** One question of a real run, the pools side by side, and the held-out test through time. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeldOutView, QuestionDetail, QuestionPage } from '../../src/view/questions/types.ts';
import { openBrowser, openPage, realRuns, servePage, type ServedPage } from './open.ts';

let browser: Browser;
let served: ServedPage;
let run: string;

async function ask<T>(path: string): Promise<T> {
  return (await (await fetch(`${served.url}/api/runs/${run}${path}`)).json()) as T;
}

beforeAll(async () => {
  served = await servePage(await realRuns());
  browser = await openBrowser();
  const [card] = (await (await fetch(`${served.url}/api/runs`)).json()) as { id: string }[];
  run = card.id;
}, 240_000);

afterAll(async () => {
  await browser.close();
  await served.close();
});

describe('a question', () => {
  it('shows its attempts by vote, its reward and its cluster', async () => {
    const detail = await ask<QuestionDetail>('/questions/q-1-step-0-1');
    const { page, problems } = await openPage(browser);
    await page.goto(`${served.url}/#/${run}/questions/q-1-step-0-1`);
    await page.getByRole('heading', { name: '6 attempts of the Solver' }).waitFor();
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain(detail.fullText);
    const groups = await page.locator('.q-group h3 .math-text').allTextContents();
    expect(groups).toEqual(detail.votes.map(({ answer }) => answer));
    expect(await page.locator('.q-reward th').allTextContents()).toEqual([
      ...Object.keys(detail.reward?.parts ?? {}),
      'reward',
      'advantage in its group',
    ]);
    expect(text).toMatch(/of (?:the )?32 questions of its training step/);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('that does not exist says so, and leads back', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${served.url}/#/${run}/questions/none`);
    expect(await page.getByRole('alert').textContent()).toContain('The run has no question with this id.');
    await page.getByRole('link', { name: 'All questions' }).click();
    await page.locator('.q-line').first().waitFor();
    await page.close();
  });
});

describe('the pools side by side', () => {
  it('say what changes, with small charts and examples', async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(`${served.url}/#/${run}/questions?show=pools`);
    await page.locator('.q-verdict h2').waitFor();
    expect(await page.locator('.q-verdict h2').textContent()).toMatch(/harder|stranger|easier/);
    expect(await page.locator('.q-pools thead th').allTextContents()).toEqual(['Iteration 1', 'Iteration 2']);
    expect(await page.locator('.q-histogram').count()).toBe(9);
    const [first] = await page.locator('.q-histogram').evaluateAll((all) => all.map((one) => one.ariaLabel));
    expect(first).toMatch(/^Agreement in iteration 1: mean \d+ % over \d+ questions$/);
    expect(await page.locator('.q-examples a').count()).toBe(12);
    expect(problems).toEqual([]);
    await page.close();
  });
});

describe('the held-out test', () => {
  it('shows the votes of every iteration, sorted by how they change', async () => {
    const { iterations, rows } = await ask<HeldOutView>('/held-out');
    expect(iterations).toEqual([0, 1, 2]);
    const changes = rows.map(({ moments }) => moments[2].score - moments[0].score);
    const { page, problems } = await openPage(browser);
    await page.goto(`${served.url}/#/${run}/questions?show=held-out&sort=improved`);
    await page.locator('.q-line').first().waitFor();
    const first = await page.locator('.q-line').first().locator('.q-change b').textContent();
    expect(first).toBe(`+${Math.round(100 * Math.max(...changes))}`);
    expect(await page.locator('.q-line').first().locator('.q-bar').count()).toBe(3);
    await page.getByRole('button', { name: /^worsened/ }).click();
    const worse = changes.filter((change) => change < 0).length;
    expect(await page.locator('.q-count').textContent()).toMatch(/^\d+ of 60 questions/);
    expect(await page.getByRole('button', { name: /^worsened/ }).textContent()).toMatch(/^worsened \d+$/);
    expect(Number(/\d+/.exec((await page.locator('.q-count').textContent()) ?? '')?.[0])).toBeLessThanOrEqual(worse);
    expect(problems).toEqual([]);
    await page.close();
  });
});

describe('the data', () => {
  it('of the list are those of the run', async () => {
    const all = await ask<QuestionPage>('/questions');
    expect([all.total, all.all, all.iterations, all.unit]).toEqual([248, 248, [1, 2], 'operations']);
    const query = encodeURIComponent(JSON.stringify({ origin: 'pool', verdict: 'too-easy', limit: 500 }));
    const easy = await ask<QuestionPage>(`/questions?query=${query}`);
    expect(easy.rows.length).toBe(easy.total);
    expect(easy.rows.every(({ agreement, dropped }) => dropped === 'too-easy' && (agreement ?? 0) > 0.5)).toBe(true);
  });
});
