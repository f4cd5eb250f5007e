import { defineConfig } from 'vitest/config';
import { BROWSER_TESTS, findChromium, MISSING } from './test/browser/chromium.ts';

const hasBrowser = findChromium() !== null;
if (!hasBrowser) console.warn(MISSING);

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'web/src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(hasBrowser ? [] : [BROWSER_TESTS])],
    globalSetup: ['test/browser/shared-run.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: ONNX Runtime already uses both inside one test file.
    maxWorkers: 2,
    pool: 'forks',
  },
});
