import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { spawnWorker, workerUrl } from './worker-host.ts';

describe('spawnWorker', () => {
  it('runs a TypeScript module with typed imports', async () => {
    const worker = spawnWorker(new URL('../test/fixtures/workers/echo-worker.ts', import.meta.url), {
      workerData: { add: 2 },
    });
    try {
      worker.postMessage(40);
      const [reply] = await once(worker, 'message');
      expect(reply).toEqual({ sum: 42, code: 'config' });
    } finally {
      await worker.terminate();
    }
  });
});

describe('workerUrl', () => {
  it('returns the .js file only when compiled', () => {
    const source = new URL('file:///a/b.ts');
    expect(workerUrl(source, true).href).toBe('file:///a/b.js');
    expect(workerUrl(source, false).href).toBe('file:///a/b.ts');
    expect(workerUrl(new URL('file:///a/b.js'), true).href).toBe('file:///a/b.js');
  });
});
