import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BROWSER_TESTS, findChromium, MISSING } from './test/browser/chromium.ts';
import { isCompiled } from './test/fixtures/compiled.ts';
import { findAdapter, GPU_TESTS, NO_ADAPTER } from './test/gpu/adapter.ts';

const hasBrowser = findChromium() !== null;
if (!hasBrowser) console.warn(MISSING);

const adapter = findAdapter(import.meta.dirname);
if (adapter === null) console.warn(NO_ADAPTER);

/** Worker threads of the tests run compiled modules. The tests of worker threads run the sources. */
const compiledWorkers = {
  name: 'compiled-workers',
  enforce: 'pre' as const,
  resolveId: (source: string, importer?: string) =>
    source.endsWith('/worker-host.ts') && !/(?:compiled-workers|worker-host\.test)\.ts$/.test(importer ?? '')
      ? join(import.meta.dirname, 'test/fixtures/compiled-workers.ts')
      : null,
};
const plugins = isCompiled() ? [compiledWorkers] : [];

/** The examples import the public paths of rzero, which are the sources here. */
const alias = [{ find: /^rzero\/(\w+)$/, replacement: join(import.meta.dirname, 'src/$1/index.ts') }];

const cpu = {
  plugins,
  resolve: { alias },
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
  plugins,
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
