/** The page as one file, opened from disk: every view works, nothing is loaded, and no data becomes code. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBundle } from '../../src/page/bundle.ts';
import { singleFile } from '../../src/page/single-file.ts';
import { collectRun } from '../../src/view/embedded/collect.ts';
import type { EmbeddedRun } from '../../src/view/embedded/types.ts';
import { exportPage } from '../../src/view/export-page.ts';
import { openFolder } from '../../src/view/folder-source.ts';
import { openBrowser, openPage, realRuns } from './open.ts';

const WAIT = { timeout: 20_000 };
const root = mkdtempSync(join(tmpdir(), 'rzero-file-'));
let browser: Browser;
let runs: string;
let run: string;
let html: string;

beforeAll(async () => {
  runs = await realRuns();
  [run] = readdirSync(runs);
  html = await exportPage(join(runs, run));
  browser = await openBrowser();
}, 240_000);

afterAll(async () => {
  await browser.close();
  rmSync(root, { recursive: true, force: true });
});

interface OpenedFile {
  page: Page;
  problems: string[];
  /** Addresses that the page asked for, besides itself. */
  requests: string[];
  show(hash: string): Promise<void>;
}

async function openFile(text: string): Promise<OpenedFile> {
  const path = join(mkdtempSync(join(root, 'page-')), 'run.html');
  writeFileSync(path, text);
  const { page, problems } = await openPage(browser);
  const requests: string[] = [];
  const address = pathToFileURL(path).href;
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith('data:')) requests.push(url);
  });
  await page.goto(address);
  await page.locator('main').waitFor();
  return {
    page,
    problems,
    requests,
    show: async (hash) => {
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      await expect.poll(() => page.locator('main .state[role=status]').count(), WAIT).toBe(0);
    },
  };
}

describe('a run as one file', () => {
  it('shows every view, without a request or an error', async () => {
    const { page, problems, requests, show } = await openFile(html);
    const address = encodeURIComponent(run);
    const main = page.locator('main');
    const seen: string[] = [];
    for (const view of ['loop', 'curves', 'questions', 'evaluation']) {
      await show(`#/${address}/${view}`);
      await expect.poll(async () => (await main.innerText()).length, WAIT).toBeGreaterThan(100);
      const text = await main.innerText();
      expect(text).not.toContain('could not be loaded');
      seen.push(text);
    }
    expect(new Set(seen).size).toBe(4);
    await show('#/');
    await page.getByRole('link', { name: run }).first().waitFor();
    expect({ problems, requests }).toEqual({ problems: [], requests: [] });
    await page.close();
  });

  it('opens on the loop of its run', async () => {
    const { page } = await openFile(html);
    expect(await page.evaluate('location.hash')).toBe(`#/${run}/loop`);
    await page.close();
  });
});

/** Data whose every text tries to end the script that it is in. */
function hostile(data: EmbeddedRun): EmbeddedRun {
  const attack = '</script><script>window.hacked=1</script><!--<script>\u2028<img src=x onerror="window.hacked=2">';
  const poisoned = JSON.parse(JSON.stringify(data)) as EmbeddedRun;
  for (const row of poisoned.questions.rows) row.text = `${attack} ${row.text}`;
  for (const detail of poisoned.details) {
    detail.text = detail.fullText = detail.completion = attack;
    for (const attempt of detail.attemptsList) attempt.completion = attempt.vote = attack;
  }
  poisoned.run.reason = attack;
  poisoned.server.leftOut = [attack];
  return poisoned;
}

it('hostile texts in a file stay texts', async () => {
  const data = hostile(await collectRun(openFolder(runs), run));
  const { page, problems, requests, show } = await openFile(
    singleFile(readBundle(), data, '</title><script>1</script>'),
  );
  await page.getByText('window.hacked=1').first().waitFor();
  for (const view of ['loop', 'questions', `questions/${encodeURIComponent(data.details[0].id)}`, 'evaluation']) {
    await show(`#/${encodeURIComponent(run)}/${view}`);
    await page.locator('main').getByText(/\w/).first().waitFor();
  }
  expect(await page.evaluate(`'hacked' in window`)).toBe(false);
  expect(await page.title()).toContain('rzero');
  expect({ problems, requests }).toEqual({ problems: [], requests: [] });
  await page.close();
});

it('a file whose data was changed runs no script', async () => {
  const changed = html.replace(
    '</body>',
    '<script>window.hacked=1</script><img src=x onerror="window.hacked=2"></body>',
  );
  const path = join(root, 'changed.html');
  writeFileSync(path, changed);
  const page = await browser.newPage();
  await page.goto(pathToFileURL(path).href);
  await page.locator('main').waitFor();
  expect(await page.evaluate(`'hacked' in window`)).toBe(false);
  await page.close();
});
