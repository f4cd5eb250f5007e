/** Texts of models that attack the page: they are shown as text, and nothing of them runs, loads or acts. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleMeta } from '../../src/store/samples.contract.ts';
import { createRun } from '../../src/store/sqlite.ts';
import type { Question } from '../../src/types.ts';
import { HOSTILE_TEXTS } from '../fixtures/eval-report.ts';
import { openBrowser, openPage, servePage, type ServedPage } from './open.ts';

const FORMULAS = [
  'The area is $\\frac{1}{2} \\cdot \\vec{a} \\times b^2$.',
  '\\[\\left\\lVert\\begin{pmatrix}1\\\\2\\\\3\\\\4\\\\5\\\\6\\end{pmatrix}\\right\\rVert = \\sqrt{\\sum_{i} x_i^2}\\]',
  '\\(\\fcolorbox{red}{yellow}{x} + \\pmb{y} + \\overbrace{a+b}^{c}\\)',
];
const ATTACKS = [
  ...HOSTILE_TEXTS,
  '$\\href{javascript:alert(1)}{x}$ and $\\url{javascript:alert(2)}$',
  '$\\htmlData{onclick=alert(3)}{x}$ $\\htmlStyle{position:fixed}{x}$ $\\htmlId{app}{x}$',
  '$\\includegraphics[width=9em]{http://127.0.0.1:1/x.png}$',
  '$\\def\\a{\\b\\b}\\def\\b{\\c\\c}\\def\\c{\\a\\a}\\a$ and $\\gdef\\frac{\\text{changed}}$',
  '[link](javascript:alert(4)) <a href="javascript:alert(5)">x</a> https://example.org/',
  '<img src=x onerror="window.attacked = true"><svg onload="window.attacked = true">',
  '$x\u202ey$ \u2067right to left\u2069 \u200f$\\text{\u202e}$',
  '$\\rule{9999em}{9999em}$ $\\text{<b>bold</b>}$',
];
const LONG = `${'$\\frac{x}{y}$ \\sqrt{'.repeat(5000)} the end`;
const TEXTS = [...FORMULAS, ...ATTACKS, LONG];

const root = mkdtempSync(join(tmpdir(), 'rzero-hostile-'));
let browser: Browser;
let served: ServedPage;

beforeAll(async () => {
  const store = createRun(join(root, 'hostile'), sampleMeta);
  const questions = TEXTS.map((text, index): Question => ({
    id: `q-1-pool-${index}`,
    iteration: 1,
    origin: 'pool',
    step: 0,
    index,
    text,
    claimed: text.slice(0, 500),
    completion: text,
    invalid: null,
  }));
  const attempts = questions.map(({ id, text }) => {
    return { questionId: id, index: 0, completion: text, vote: text.slice(0, 300), tokens: 9, stop: 'stop' as const };
  });
  store.commit({ cursor: { iteration: 1, stage: 'filter', step: 0 }, questions, attempts });
  store.close();
  served = await servePage(root);
  browser = await openBrowser();
}, 240_000);

afterAll(async () => {
  await browser.close();
  await served.close();
  rmSync(root, { recursive: true, force: true });
});

/** What must not be on a page with hostile texts. */
async function harm(page: Page): Promise<unknown> {
  return page.evaluate(`({
    attacked: window.attacked === true,
    elements: [...document.querySelectorAll('main script, main img, main iframe, main object, main style, main link')].length,
    links: [...document.querySelectorAll('main a')].map((a) => a.getAttribute('href')).filter((href) => !/^#[/]/.test(href)),
    handlers: [...document.querySelectorAll('main *')].filter((e) =>
      [...e.attributes].some(({ name }) => name.startsWith('on') || name === 'data-onclick')).length,
    ids: [...document.querySelectorAll('#app')].length,
    acting: [...document.querySelector('main').textContent.matchAll(/[\\u200b-\\u200f\\u202a-\\u202e\\u2060\\u2066-\\u2069\\ufeff\\u0000-\\u0008]/g)]
      .filter(([c]) => !['\\u200b', '\\u2060'].includes(c)).length,
  })`);
}
const HARMLESS = { attacked: false, elements: 0, links: [], handlers: 0, ids: 1, acting: 0 };

describe('hostile questions', () => {
  it('are text in the list', async () => {
    const { page, problems } = await openPage(browser);
    page.on('request', (request) => {
      if (!request.url().startsWith(served.url) && !request.url().startsWith('data:')) problems.push(request.url());
    });
    page.on('dialog', () => problems.push('a dialog'));
    await page.goto(`${served.url}/#/hostile/questions`);
    await page.locator('.q-line').first().waitFor();
    expect(await harm(page)).toEqual(HARMLESS);
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain('</script><script>alert(1)</script>');
    expect(text).toContain('U+202E');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('are text in the view of a question, and formulas are drawn without forbidden styles', async () => {
    const { page, problems } = await openPage(browser);
    page.on('dialog', () => problems.push('a dialog'));
    for (const [at, text] of TEXTS.entries()) {
      await page.goto(`${served.url}/#/hostile/questions/q-1-pool-${at}`);
      await page.locator('.q-question').waitFor();
      await page
        .locator('.q-facts-line')
        .filter({ hasText: new RegExp(`^q-1-pool-${at} `) })
        .waitFor();
      expect([text.slice(0, 60), await harm(page)]).toEqual([text.slice(0, 60), HARMLESS]);
      const formulas = await page.locator('.q-question > .block-text .katex').count();
      if (FORMULAS.includes(text)) expect([text, formulas]).toEqual([text, 1]);
      expect([text.slice(0, 60), problems]).toEqual([text.slice(0, 60), []]);
    }
    await page.close();
  }, 180_000);

  it('of 100 kB of LaTeX are cut, and can be shown whole', async () => {
    const { page, problems } = await openPage(browser);
    await page.goto(`${served.url}/#/hostile/questions/q-1-pool-${TEXTS.length - 1}`);
    const text = page.locator('.q-question > .block-text');
    await text.waitFor();
    expect(((await text.textContent()) ?? '').length).toBeLessThan(20_000);
    await text.getByRole('button', { name: 'Show all 100,008' }).click();
    await text.getByRole('button').waitFor({ state: 'detached' });
    expect(await text.locator('.katex').count()).toBe(100);
    expect(await text.textContent()).toMatch(/the end$/);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('do not change what other formulas mean', async () => {
    const { page } = await openPage(browser);
    const attack = TEXTS.findIndex((text) => text.includes('\\gdef'));
    await page.goto(`${served.url}/#/hostile/questions/q-1-pool-${attack}`);
    await page.locator('.q-question').waitFor();
    await page.goto(`${served.url}/#/hostile/questions/q-1-pool-0`);
    await page.locator('.q-question .mfrac').first().waitFor();
    expect(await page.locator('.q-question > .block-text').textContent()).not.toContain('changed');
    await page.close();
  });
});
