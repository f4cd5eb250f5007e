/** Opens the page in a real Chromium, and shares one real run of the shipped base between the tests of a file. */

import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { readBundle } from '../../src/page/bundle.ts';
import { viewPage } from '../../src/serve/page/page.ts';
import { openShell } from '../../src/serve/shell/shell.ts';
import { openFolder } from '../../src/view/folder-source.ts';
import { rzero } from '../fixtures/program.ts';
import { findChromium } from './chromium.ts';
import { sharedFolder } from './shared-run.ts';

/** Two widths: a phone and a desktop. */
export const WIDTHS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };

/** Starts Chromium. Close it after the tests. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('No Chromium was found.');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** Opens a page that fails the test on every error of its own scripts and every violation of its content policy. */
export async function openPage(
  browser: Browser,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage({ viewport: WIDTHS.desktop, ...options });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return { page, problems };
}

export interface ServedPage {
  url: string;
  close(): Promise<void>;
}

/** Serves the page over a folder of runs, on a free port. */
export async function servePage(runsDir: string): Promise<ServedPage> {
  const options = { host: '127.0.0.1', port: 0, key: null, hosts: [] };
  const shell = await openShell(options, [viewPage({ bundle: readBundle(), source: openFolder(runsDir), runsDir })]);
  return { url: shell.url, close: () => shell.close(0) };
}

/**
 * Returns a folder of runs with a finished real run of the shipped base (tiny, two iterations). The files of one test
 * session share it; do not change it.
 */
export async function realRuns(): Promise<string> {
  const shared = sharedFolder(process.ppid);
  const ready = join(shared, 'ready');
  const lock = join(shared, 'lock');
  mkdirSync(shared, { recursive: true });
  for (;;) {
    if (existsSync(ready)) return ready;
    if (claim(lock)) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const making = join(shared, 'making');
  const ended = await rzero(['evolve', '--scale', 'tiny', '--iterations', '2', '--runs-dir', making, '--json']);
  if (ended.code !== 0) throw new Error(`The run failed: ${ended.err}`);
  renameSync(making, ready);
  return ready;
}

function claim(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    return false;
  }
}
