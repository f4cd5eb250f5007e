/** Finds the browser of the tests in this folder. Without one they are not run, and the test command says so. */

import { existsSync } from 'node:fs';

export const BROWSER_TESTS = 'test/browser/**';

export const MISSING =
  'No Chromium was found: the tests of the page (test/browser) do not run. ' +
  'Install it with `apt-get install chromium`, or name a browser in RZERO_CHROMIUM.';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Returns the path of a Chromium, or null. */
export function findChromium(): string | null {
  return [process.env.RZERO_CHROMIUM ?? '', ...PLACES].find((path) => path !== '' && existsSync(path)) ?? null;
}
