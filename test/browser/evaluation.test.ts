/** Evaluations in a real browser: the scores of a real run, a report of a run, and the file of an evaluation. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportHtml } from '../../src/eval/report/report-html.ts';
import type { EvalReport } from '../../src/eval/report/report.ts';
import type { EvaluationsView } from '../../src/view/evaluations/types.ts';
import { HOSTILE_TEXTS, makeReport } from '../fixtures/eval-report.ts';
import { openBrowser, openPage, realRuns, servePage, type ServedPage, WIDTHS } from './open.ts';

const root = mkdtempSync(join(tmpdir(), 'rzero-report-'));
let browser: Browser;
let served: ServedPage;
let run: string;

beforeAll(async () => {
  served = await servePage(await realRuns());
  browser = await openBrowser();
  const [card] = (await (await fetch(`${served.url}/api/runs`)).json()) as { id: string }[];
  run = card.id;
}, 240_000);

afterAll(async () => {
  await browser.close();
  await served.close();
  rmSync(root, { recursive: true, force: true });
});

async function openFile(
  report: EvalReport,
  options: Parameters<typeof openPage>[1] = {},
): Promise<{ page: Page; problems: string[] }> {
  const file = join(root, 'report.html');
  writeFileSync(file, reportHtml(report));
  const opened = await openPage(browser, options);
  opened.page.on('dialog', () => opened.problems.push('a dialog'));
  opened.page.on('request', (request) => {
    if (/^(?!file:|data:)/.test(request.url())) opened.problems.push(request.url());
  });
  await opened.page.goto(pathToFileURL(file).href);
  await opened.page.getByRole('heading', { name: 'All numbers' }).waitFor();
  return opened;
}

describe('the scores of a run', () => {
  it('have intervals, and differences to the base with p', async () => {
    const { heldOut } = (await (await fetch(`${served.url}/api/runs/${run}/evaluations`)).json()) as EvaluationsView;
    const { page, problems } = await openPage(browser);
    await page.goto(`${served.url}/#/${run}/evaluation`);
    await page.locator('.e-iterations').waitFor();
    const rows = await page.locator('.e-iterations tbody tr').allTextContents();
    expect(rows).toHaveLength(3);
    for (const [at, { result, gain }] of heldOut.entries()) {
      expect(rows[at]).toContain(`${(100 * result.greedy.value).toFixed(1)} %`);
      expect(rows[at].includes('p = ') || rows[at].includes('p < ')).toBe(gain !== null);
    }
    expect(await page.locator('.e-dots .e-dot').count()).toBe(12);
    expect(problems).toEqual([]);
    await page.close();
  });
});

describe('the file of an evaluation', () => {
  it('opens from disk: scores as bars and as text', async () => {
    const { page, problems } = await openFile(makeReport());
    expect(await page.title()).toBe('runs/2026-11-24-qwen3-0.6b/best – rzero evaluation');
    expect(await page.locator('.e-bars').count()).toBe(9);
    const first = page.locator('.e-bars').first();
    expect(await first.getAttribute('aria-label')).toBe(
      'GSM8K: 61.2 %, 95 % interval 58.6–63.8 %; baseline 58.1 %, 55.5–60.7 %',
    );
    expect(await first.locator('.e-own').getAttribute('width')).toBe('61.2%');
    const row = (await page.locator('.e-row').first().textContent()) ?? '';
    expect(row).toMatch(/\+3\.1\[\+0\.7 to \+5\.5\] p < 0\.001/);
    expect(await page.locator('.e-row').first().locator('.e-gain').count()).toBe(1);
    expect(await page.locator('.e-table tbody tr').count()).toBe(6);
    expect(problems).toEqual([]);
    await page.close();
  });

  it('filters and searches its samples, turns pages, and opens one', async () => {
    const { page, problems } = await openFile(makeReport());
    const status = page.locator('.e-found');
    expect(await status.textContent()).toBe('Samples 1 to 25 of 240');
    await page.getByRole('button', { name: 'Next' }).click();
    expect(await status.textContent()).toBe('Samples 26 to 50 of 240');
    await page.getByRole('button', { name: 'undecided' }).click();
    expect(await status.textContent()).toMatch(/^Samples 1 to 25 of \d+ that match, 240 in all$/);
    await page.getByRole('button', { name: 'all', exact: true }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('bbeh-39');
    expect(await page.locator('.e-sample').count()).toBe(1);
    await page.locator('.e-sample summary').first().click();
    await page.locator('.e-reply').first().waitFor();
    expect(await page.locator('.e-reply').count()).toBe(5);
    await page.getByLabel('Search').fill('no such text');
    expect(await status.textContent()).toBe('No sample matches. Show all');
    await page.getByRole('button', { name: 'Show all' }).click();
    expect(await status.textContent()).toBe('Samples 1 to 25 of 240');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('shows hostile texts as text', async () => {
    const { page, problems } = await openFile(makeReport({ hostile: true, samples: 10 }));
    for (const summary of (await page.locator('.e-sample > summary').all()).slice(0, 8)) await summary.click();
    await page.locator('.e-reply').nth(30).waitFor();
    expect(await page.locator('main img, main script, main a, main style, main svg[onload]').count()).toBe(0);
    const text = (await page.locator('main').textContent()) ?? '';
    for (const hostile of HOSTILE_TEXTS.filter((one) => /^[\x20-\x7e]+$/.test(one))) expect(text).toContain(hostile);
    expect(text).toContain('adminU+202EU+2066 reversed U+2069U+200BU+FEFF');
    expect(text).toContain('nul U+0000 bell U+0007 escape U+001B[31m surrogate U+D800');
    expect(problems).toEqual([]);
    await page.close();
  });

  it('works without a baseline, samples or a metric, and with impossible numbers', async () => {
    const bare = makeReport({ baseline: false, samples: 0 });
    const [task] = bare.tasks;
    const score = { value: Number.NaN, low: Number.NEGATIVE_INFINITY, high: 7 };
    const odd = { ...task, metrics: [{ name: task.primary, score, baseline: null, difference: null }], replies: 0 };
    const { page, problems } = await openFile({ ...bare, tasks: [{ ...task, metrics: [] }, odd], averages: [] });
    const text = (await page.locator('main').textContent()) ?? '';
    expect(text).toContain('not measured');
    expect(text).toContain('No samples are kept in this report.');
    expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(await page.locator('.e-other').count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  it.each(['phone', 'desktop'] as const)('fits a %s', async (width) => {
    const { page, problems } = await openFile(makeReport(), { viewport: WIDTHS[width], colorScheme: 'dark' });
    expect(await page.evaluate('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });
});
