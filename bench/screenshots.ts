/**
 * Makes the pictures of the page for README and guide (`npm run docs:screenshots`): a real run of the shipped base at the
 * default scale, or one that is named (`npm run docs:screenshots -- RUNS_FOLDER RUN`), in a real Chromium. Writes
 * `docs/images/page-NAME.png`.
 */

import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, servePage } from '../test/browser/open.ts';
import { rzero } from '../test/fixtures/program.ts';

interface Shot {
  /** File name, without `page-` and the extension. */
  name: string;
  /** Address behind the run's name; empty for the list of runs. */
  view: string;
  theme: 'light' | 'dark';
  /** Width of the window; default: that of a desktop. */
  width?: number;
  height: number;
  /** Selector that is waited for. */
  ready: string;
  /** What is done before the picture is taken. */
  prepare?: (page: Page) => Promise<void>;
}

/** One line per picture. */
const SHOTS: readonly Shot[] = [
  { name: 'runs', view: '', theme: 'light', height: 420, ready: '.runs' },
  { name: 'loop', view: 'loop', theme: 'light', height: 900, ready: '.picture' },
  { name: 'loop-phone', view: 'loop', theme: 'dark', width: 390, height: 844, ready: '.picture' },
  { name: 'curves', view: 'curves?smooth=0.6', theme: 'dark', height: 900, ready: '.curves canvas' },
  { name: 'questions', view: 'questions', theme: 'light', height: 700, ready: '.q-line' },
  {
    name: 'question',
    view: 'questions?origin=pool&verdict=kept&low=35&high=70',
    theme: 'light',
    height: 900,
    ready: '.q-line',
    prepare: async (page) => {
      await page.locator('.q-line a').first().click();
      await page.locator('.q-question').waitFor();
    },
  },
  { name: 'side-by-side', view: 'questions?show=pools', theme: 'dark', height: 900, ready: 'main svg' },
  { name: 'evaluation', view: 'evaluation', theme: 'light', height: 700, ready: 'main table' },
];

/** Pictures this wide are sharp enough in a README and small. */
const WIDTH = 1200;
const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url));

async function take(browser: Browser, url: string, run: string, shot: Shot): Promise<void> {
  const page = await browser.newPage({
    viewport: { width: shot.width ?? WIDTH, height: shot.height },
    colorScheme: shot.theme,
    reducedMotion: 'reduce',
  });
  await page.goto(shot.view === '' ? `${url}#/` : `${url}#/${run}/${shot.view}`);
  await page.locator(shot.ready).first().waitFor();
  await shot.prepare?.(page);
  await page.waitForTimeout(500);
  const path = join(IMAGES, `page-${shot.name}.png`);
  await page.screenshot({ path });
  await page.close();
  console.log(`page-${shot.name}.png  ${Math.round(statSync(path).size / 1000)} kB`);
}

async function makeRun(folder: string): Promise<void> {
  console.log('Running `rzero evolve` at its default scale; this takes some minutes.');
  const { code, err } = await rzero(['evolve', '--runs-dir', folder, '--json']);
  if (code !== 0) throw new Error(`The run failed: ${err}`);
}

const [given, named] = process.argv.slice(2);
const folder = given ?? mkdtempSync(join(tmpdir(), 'rzero-screenshots-'));
if (given === undefined) await makeRun(folder);
const run = named ?? readdirSync(folder)[0];
const served = await servePage(folder);
const browser = await openBrowser();
try {
  for (const shot of SHOTS) await take(browser, served.url, run, shot);
} finally {
  await browser.close();
  await served.close();
  if (given === undefined) rmSync(folder, { recursive: true, force: true });
}
