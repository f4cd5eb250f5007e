import { defineConfig } from 'vitest/config';
import { BROWSER_TESTS, findChromium, MISSING } from './test/browser/chromium.ts';
import { findAdapter, GPU_TESTS, NO_ADAPTER } from './test/gpu/adapter.ts';

const hasBrowser = findChromium() !== null;
if (!hasBrowser) console.warn(MISSING);

const adapter = findAdapter(import.meta.dirname);
if (adapter === null) console.warn(NO_ADAPTER);

const cpu = {
  test: {
    name: 'cpu',
    include: ['src/**/*.test.ts', 'web/src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: ['**/node_modules/**', GPU_TESTS, ...(hasBrowser ? [] : [BROWSER_TESTS])],
    globalSetup: ['test/browser/shared-run.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
};

// A software adapter compiles every program for the processor.
const gpu = {
  test: { name: 'gpu', include: [GPU_TESTS], env: adapter ?? {}, testTimeout: 300_000, hookTimeout: 300_000 },
};

export default defineConfig({
  test: {
    // Two cores: ONNX Runtime already uses both inside one test file.
    maxWorkers: 2,
    pool: 'forks',
    projects: adapter === null ? [cpu] : [cpu, gpu],
  },
});
