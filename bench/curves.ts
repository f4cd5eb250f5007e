/**
 * Measures how the page draws a curve of 100,000 points (`npm run bench:curves -- RUNS_FOLDER`, a folder with one finished
 * run at the scale `tiny`): the time of one redraw after a zoom, and the frames while the cursor moves. Writes
 * `bench/results/curves.json`.
 */

import { rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { copyRun, LONG, newRunsFolder } from '../test/browser/copies.ts';
import { openBrowser, openPage, servePage } from '../test/browser/open.ts';

const RESULT = fileURLToPath(new URL('./results/curves.json', import.meta.url));

/** Zooms in and out by keyboard, and waits for two frames each time. Returns the milliseconds of each redraw. */
const ZOOMS = `(async () => {
  const chart = document.querySelector('section[aria-labelledby="group-solver"] [data-chart="Entropy"] .chart');
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
  const times = [];
  for (const key of ['+', '+', '+', '-', '-', '-', '+', '0', '+', '0']) {
    await frame();
    const before = performance.now();
    chart.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    await frame();
    times.push((await frame()) - before);
  }
  return times;
})()`;

/** Moves the cursor by keyboard at every frame. Returns the milliseconds between frames. */
const MOVES = `(async () => {
  const chart = document.querySelector('section[aria-labelledby="group-solver"] [data-chart="Entropy"] .chart');
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
  const times = [];
  let last = await frame();
  for (let at = 0; at < 120; at++) {
    chart.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', shiftKey: at % 10 === 0, bubbles: true }));
    const now = await frame();
    times.push(now - last);
    last = now;
  }
  return times;
})()`;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const summary = (values: readonly number[]): { median: number; worst: number } => {
  return { median: Math.round(median(values) * 10) / 10, worst: Math.round(Math.max(...values) * 10) / 10 };
};

const [shared] = process.argv.slice(2);
const folder = newRunsFolder();
copyRun(shared, folder, 'long', LONG);
const served = await servePage(folder);
const browser = await openBrowser();
try {
  const { page } = await openPage(browser);
  await page.goto(`${served.url}#/long/curves?smooth=0.9`);
  const chart = page.locator('section[aria-labelledby="group-solver"] [data-chart="Entropy"] .chart');
  await chart.scrollIntoViewIfNeeded();
  await page.waitForTimeout(1000);
  const zoomMs = summary(await page.evaluate<number[]>(ZOOMS));
  const frameMs = summary(await page.evaluate<number[]>(MOVES));
  const result = {
    points: 100_000,
    drawn: Number(await chart.getAttribute('data-drawn')),
    zoomMs,
    frameMs,
    machine: { cpu: cpus()[0].model, cores: cpus().length, load: loadavg().map((load) => Math.round(load * 10) / 10) },
  };
  writeFileSync(RESULT, `${JSON.stringify(result, null, 2)}\n`);
  console.log(result);
} finally {
  await browser.close();
  await served.close();
  rmSync(folder, { recursive: true, force: true });
}
